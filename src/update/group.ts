// [record > line, keys > overlay] > pages > transaction
//
// Transactions that are committed together: each sees what those before it have changed, and one that throws leaves
// nothing. Until the commit nothing is written, new collections neither: what reads the store within a callback sees the
// state before the group.

import { randomUUID } from 'node:crypto';
import { GristmillError } from '../base/errors.js';
import type { SchemaCheck } from '../import/rules/validate.js';
import { havePositions, withUnique } from '../keys/key-path.js';
import type { Lookup } from '../lookup/lookup.js';
import type { Resolved } from '../options/check.js';
import { mergeUnderWay } from '../store/lock/lock-holder.js';
import { newKeySalt } from '../store/seal/hidden-keys.js';
import type { SealKeys } from '../store/seal/types.js';
import { shapeOfVersion } from '../store/shapes/version.js';
import type { Catalog, CollectionManifest, KeyRule, ShardEntry, StoreHeader } from '../store/types.js';
import { GroupLog, type RecordLog, type TransactionNote } from './audit/group-log.js';
import type { COLLECTION_OPTIONS } from './collection-options.js';
import type { MadeChanges } from './overlay/changes.js';
import { Overlay } from './overlay/overlay.js';
import { Undo } from './overlay/undo.js';
import { heldTo } from './records/held.js';
import { planOf } from './records/prepared.js';
import type { KeyPlan } from './records/record.js';

/** What a group needs of its store. */
export interface GroupContext {
  readonly catalog: Catalog;
  /** The keys of the store, where it is encrypted. */
  readonly seal: SealKeys | undefined;
  /** The read path of a collection that is there. */
  readonly lookup: (name: string, version?: number) => Lookup;
  /** The version in which handles read and write, if no option says it. Undefined: the newest. */
  readonly versionOf?: ((name: string) => number | undefined) | undefined;
  /** Whether earlier transactions on this collection wait for an import to end its merge. */
  readonly isHeld: (name: string) => boolean;
  /** Whether each change of a record is logged. */
  readonly logsRecords?: boolean;
}

/** A collection that transactions of the group have opened. */
export interface GroupCollection {
  /** The collection as it was when the group began. */
  readonly manifest: CollectionManifest;
  /** Its shards then. */
  readonly shards: readonly ShardEntry[];
  readonly overlay: Overlay;
  readonly plan: KeyPlan;
  /** What its records are held to, if it carries a schema. */
  readonly check: SchemaCheck | undefined;
  /** Reads the collection as it was when the group began; undefined for a new one. */
  readonly stored: Lookup | undefined;
  /** Gets each change of a record, where they are logged. */
  readonly records: RecordLog | undefined;
}

/** Thrown out of the callback when an import is merging into a collection: the transaction has to begin again after it. */
export class MergeUnderWay extends Error {
  constructor(readonly collection: string) {
    super(`an import is merging into collection ${collection}`);
  }
}

export class Group {
  readonly #context: GroupContext;
  readonly #undo = new Undo();
  readonly #collections = new Map<string, GroupCollection>();
  readonly #created: CollectionManifest[] = [];
  readonly #log: GroupLog;
  /** As it will be: with the numbers that new collections and their trees have taken. */
  #header: StoreHeader;

  constructor(context: GroupContext) {
    this.#context = context;
    this.#header = context.catalog.header();
    this.#log = new GroupLog(this.#collections, this.#created, context.logsRecords === true);
  }

  /** Runs one transaction. If it throws, nothing of it stays. @param note what the audit log says of it */
  run<R>(transaction: () => R, note: TransactionNote): R {
    this.#log.begin();
    try {
      const result = transaction();
      this.#undo.keep();
      this.#log.end(note);
      return result;
    } catch (error) {
      this.#undo.takeBack();
      this.#log.takeBack();
      throw error;
    }
  }

  /** @throws MergeUnderWay; GristmillError COLLECTION_NOT_FOUND, CHECKSUM_MISMATCH; TypeError for an invalid name */
  collection(name: string): GroupCollection {
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    const { catalog, lookup, isHeld } = this.#context;
    if (isHeld(name) || mergeUnderWay(catalog, name) !== undefined) throw new MergeUnderWay(name);
    const stored = lookup(name);
    const { manifest, shards } = stored.newest();
    // It has changed nothing by itself: it stays if the transaction throws.
    return this.#add({ manifest, shards }, stored);
  }

  /** @throws GristmillError COLLECTION_EXISTS */
  createCollection(name: string, options: Resolved<typeof COLLECTION_OPTIONS>): GroupCollection {
    if (this.#collections.has(name) || this.#context.catalog.collection(name) !== undefined) {
      throw new GristmillError('COLLECTION_EXISTS', `the collection ${name} already exists; nothing was changed`);
    }
    const before = this.#header;
    const keySalt = newKeySalt(this.#context.seal, randomUUID(), name);
    const manifest = newCollection(before, name, options, keySalt);
    const nextTree = before.nextTree + 1 + manifest.secondary.length;
    this.#header = { ...before, nextCollection: before.nextCollection + 1, nextTree };
    this.#created.push(manifest);
    this.#undo.add(() => {
      this.#header = before;
      this.#created.pop();
      this.#collections.delete(name);
    });
    return this.#add({ manifest, shards: [] }, undefined);
  }

  /**
   * Reads a collection in one version, as it was when the group began. Undefined: in the newest one, or there were no records.
   * @param given the version. Default: that of the store
   * @throws GristmillError VERSION_MISMATCH
   */
  inVersion({ manifest, stored }: GroupCollection, given: number | undefined): Lookup | undefined {
    const { lookup, versionOf } = this.#context;
    const version = given ?? versionOf?.(manifest.name);
    if (version === undefined) return undefined;
    if (stored === undefined) shapeOfVersion(undefined, manifest, version);
    if (stored === undefined) return undefined;
    const inVersion = lookup(manifest.name, version);
    inVersion.newest();
    return inVersion;
  }

  #add(state: Pick<GroupCollection, 'manifest' | 'shards'>, stored: Lookup | undefined): GroupCollection {
    const { manifest, shards } = state;
    const { plan } = planOf(manifest, this.#context.seal);
    const overlay = new Overlay(this.#undo, plan.hidden?.primary);
    const check = heldTo(this.#context.catalog, manifest);
    const added = { manifest, shards, overlay, plan, check, stored, records: this.#log.records };
    this.#collections.set(manifest.name, added);
    return added;
  }

  /** The store's header as the group will leave it, but for the generation. */
  get header(): StoreHeader {
    return this.#header;
  }

  /** Bytes of the lines that are to be written, and of what the audit log says of the transactions. */
  get bytes(): number {
    let { bytes } = this.#log;
    for (const { overlay } of this.#collections.values()) bytes += overlay.bytes;
    return bytes;
  }

  /** The changes of all transactions that did not throw; undefined where there are none. */
  changes(): MadeChanges | undefined {
    const changed = [...this.#collections.values()].filter(({ overlay }) => !overlay.isEmpty);
    if (this.#created.length + changed.length === 0) return undefined;
    const { nextCollection, nextTree } = this.#header;
    return {
      numbers: { nextCollection, nextTree },
      audit: this.#log.audit(),
      created: this.#created,
      collections: changed.map(({ manifest: { name }, overlay }) => ({
        name,
        keyed: overlay.inOrder(),
        appended: overlay.appended,
        deleted: [...overlay.deleted],
      })),
    };
  }

  /** The shards of a collection that transactions of the group have opened. */
  shardsOf({ name }: Pick<CollectionManifest, 'name'>): readonly ShardEntry[] {
    return this.#collections.get(name)!.shards;
  }
}

function newCollection(
  header: StoreHeader,
  name: string,
  { key, indexes: named, uniqueIndexes }: Resolved<typeof COLLECTION_OPTIONS>,
  keySalt: string | undefined,
): CollectionManifest {
  const indexes = withUnique(named, uniqueIndexes);
  const rule: KeyRule = key === undefined ? { kind: 'ordinal' } : { kind: 'path', path: key };
  const generation = header.generation + 1;
  const empty = { entries: 0, pages: 0 };
  return {
    ...{ name, id: header.nextCollection, generation, framing: 'lines', key: rule },
    ...(key !== undefined && { primary: { path: key, tree: header.nextTree, ...empty } }),
    secondary: indexes.map((path, i) => {
      const unique = uniqueIndexes.includes(path) && { unique: true as const };
      return { path, tree: header.nextTree + 1 + i, ...empty, ...unique };
    }),
    ...(havePositions(indexes) && { positions: true }),
    ...(keySalt !== undefined && { keySalt }),
    ...{ records: 0, dead: 0, holes: 0, inline: 0, shards: 0, layout: generation },
    ...{ sourceBytes: 0, storedBytes: 0, plainBytes: 0, published: new Date().toISOString() },
  };
}

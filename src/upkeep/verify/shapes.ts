// [verify]: catalog > trees > shards
//
// Versions of records: every shape that a collection or a shard names is in the history, and every record of an older shape
// really has a newer one. A shard of the collection's own shape costs nothing.

import { MigrationFailure } from '../../evolve/failure.js';
import type { Action } from '../../evolve/operations/kind.js';
import { inverseOf } from '../../evolve/operations/kinds.js';
import { sourceBefore } from '../../evolve/plan/places.js';
import { isDead } from '../../store/catalog/tombstones.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { type LineRead, storedLine } from '../../store/publish/line-keys.js';
import { nameOf } from '../../store/publish/unique-error.js';
import type { History } from '../../store/shape-types.js';
import type { Route } from '../../store/shapes/tree.js';
import { Forms } from '../../store/shards/forms.js';
import { type LineForm, reshapedLine } from '../../store/shards/line.js';
import type { CatalogRead, CollectionManifest, ShardEntry } from '../../store/types.js';
import type { FaultList, RecordRange } from './faults.js';
import type { Inventory } from './values.js';

/** Records named of each kind of failure. */
const SAMPLES_MAX = 3;

/** Whether the history has a shape. */
function isKnown(history: History | undefined, shape = 0): boolean {
  return shape <= (history?.shapes.length ?? 0);
}

export function verifyShapes(manifest: CollectionManifest, found: Inventory, file: string, faults: FaultList): void {
  const { id, name: collection, shape } = manifest;
  const history = found.histories.get(id);
  if (!isKnown(history, shape)) {
    const message = `collection ${collection} has shape ${shape}, which its history does not have`;
    faults.add({ kind: 'value', file, collection, message });
  }
  for (const entry of found.shardsOf(manifest)) {
    if (isKnown(history, entry.shape)) continue;
    const records = { from: entry.firstOrdinal, to: entry.firstOrdinal + entry.records };
    const message = `shard ${entry.shard} of collection ${collection} has shape ${entry.shape}, which the history of the collection does not have`;
    faults.add({ kind: 'value', file, collection, records, message });
  }
}

/** The forms of the lines of each collection, as far as its shapes are known. */
export class VerifiedForms {
  readonly #forms = new Map<number, { readonly manifest: CollectionManifest; readonly forms: Forms }>();

  /** @param read knows what migrations may call */
  constructor(found: Inventory, read: Pick<CatalogRead, 'history'>) {
    for (const manifest of found.collections) {
      const history = found.histories.get(manifest.id);
      const shards = found.shardsOf(manifest);
      if (![manifest, ...shards].every(({ shape }) => isKnown(history, shape))) continue;
      const forms = new Forms(history && read.history(manifest.id), manifest.shape ?? 0);
      for (const { shard } of shards) this.#forms.set(shard, { manifest, forms });
    }
  }

  /** Undefined where a shard has the shape of its collection, or one that nobody knows. */
  routeOf(entry: ShardEntry): Route | undefined {
    return this.#forms.get(entry.shard)?.forms.routeOf(entry);
  }

  /** Looks at the live inline records that have an older shape. */
  async lookInline(
    read: CatalogRead,
    shards: readonly ShardEntry[],
    tell: (entry: ShardEntry, failed: readonly FailedRecords[]) => void,
    pause: () => Promise<void>,
  ): Promise<void> {
    for (const entry of shards) {
      const route = entry.fileNumber === 0 ? this.routeOf(entry) : undefined;
      if (route === undefined) continue;
      const failed = new Reshaped(this.#forms.get(entry.shard)!.forms.of(entry));
      const dead = read.tombstones(entry);
      for (let from = 0; from < entry.records; from += INLINE_BATCH) {
        await pause();
        for (const { ordinal, line } of read.inlineRecords(entry.shard, from, INLINE_BATCH)) {
          if (!isDead(dead, ordinal)) failed.look(line.toString(), ordinal);
        }
      }
      tell(entry, failed.found);
    }
  }

  /** What a person is told of records that have no newer shape: it names the first of them by their keys. */
  describe(
    { message, count, first }: FailedRecords,
    entry: ShardEntry,
    read: LineRead,
    place: StorePlace,
  ): { readonly message: string; readonly records?: RecordRange } {
    const { manifest } = this.#forms.get(entry.shard)!;
    const key = storedKey(manifest, this.routeOf(entry));
    const names = first.map((ordinal) => nameOf({ key }, entry, ordinal, storedLine(read, place, entry, ordinal)));
    const which = `${names.join(', ')}${count > names.length ? ', …' : ''}`;
    const who = count === 1 ? `record ${which} of collection` : `${count} records (${which}) of collection`;
    const verb = count === 1 ? 'has' : 'have';
    const [ordinal] = first as readonly [number];
    return {
      message: `${who} ${manifest.name} ${verb} no newer version: ${message}`,
      ...(count === 1 && { records: { from: ordinal, to: ordinal + 1 } }),
    };
  }
}

const INLINE_BATCH = 256;

/** The rule of the key in the shape that records are stored in. */
function storedKey({ key }: CollectionManifest, route: Route | undefined): CollectionManifest['key'] {
  if (key.kind !== 'path' || route === undefined) return key;
  const actionsOf = (migrations: Route['up']) => migrations.flatMap(({ ops }) => ops as readonly Action[]);
  const path = sourceBefore([...inverseOf(actionsOf(route.down)), ...actionsOf(route.up)], key.path);
  return path === undefined ? { kind: 'ordinal' } : { kind: 'path', path };
}

/** Records of one shard that have no newer shape, for the same reason. */
export interface FailedRecords {
  readonly message: string;
  readonly count: number;
  /** Ordinals of the first of them. */
  readonly first: readonly number[];
}

/** Makes the newer shape of records of a shard, and notes those that have none. */
export class Reshaped {
  readonly #form: LineForm;
  readonly #failed = new Map<string, { count: number; first: number[] }>();

  constructor(form: LineForm) {
    this.#form = form;
  }

  /** @throws what is no failure of a migration */
  look(line: string, ordinal: number): void {
    try {
      reshapedLine(line, this.#form);
    } catch (error) {
      if (!(error instanceof MigrationFailure)) throw error;
      const group = this.#failed.get(error.message) ?? { count: 0, first: [] };
      this.#failed.set(error.message, group);
      group.count++;
      if (group.first.length < SAMPLES_MAX) group.first.push(ordinal);
    }
  }

  get found(): readonly FailedRecords[] {
    return Array.from(this.#failed, ([message, group]) => ({ message, ...group }));
  }
}

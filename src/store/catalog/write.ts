// store at rest: [catalog]
//
// Writes the catalog into two sorted maps of bytes within a transaction; read.ts is its twin. Everything is
// sealed with its checksum as it is written; pages carry their own.

import type { AuditHead } from '../audit-types.js';
import type { Edit } from '../edit-types.js';
import type { LockRecord } from '../lock-types.js';
import { pageKey, treeStart } from '../pages/page-key.js';
import { entryAt } from '../pages/read.js';
import type { RecentEntry } from '../recent-types.js';
import type { History } from '../shape-types.js';
import type { SourceManifest } from '../source-types.js';
import type {
  CatalogWrite,
  CollectionManifest,
  Garbage,
  ResumableImport,
  ShardEntry,
  StoredSchema,
  StoreHeader,
  TombstoneState,
} from '../types.js';
import type { ByteRange } from './byte-map.js';
import type { Check } from './checks.js';
import type { Decoded } from './decoded.js';
import { encodeRecent, recentStart } from './recent.js';
import {
  auditHeadCheck,
  collectionCheck,
  editCheck,
  garbageCheck,
  headerCheck,
  historyCheck,
  lockCheck,
  resumableCheck,
  shardCheck,
  sourcesCheck,
  storedSchemaCheck,
  tombstonesCheck,
} from './schema.js';
import {
  AUDIT_HEAD_KEY,
  auditKey,
  collectionKey,
  damaged,
  editKey,
  editsEnd,
  encodeValue,
  GARBAGE_KEY,
  historyKey,
  inlineKey,
  LOCK_KEY,
  olderCollectionKeys,
  profileKey,
  RESUMABLE_KEY,
  STORE_KEY,
  schemaKey,
  seal,
  shardKey,
  sourceRowsKey,
  sourcesKey,
  tombstoneChunkKey,
  tombstonesKey,
} from './values.js';

/** A sorted map of bytes within a transaction. Every method throws when the value was not taken or not there. */
export interface WritableByteMap {
  put(key: Uint8Array, value: Uint8Array): void;
  /** @returns whether there was one. */
  remove(key: Uint8Array): boolean;
  keys(range: ByteRange): Uint8Array[];
}

export class CatalogWriter implements CatalogWrite {
  readonly #meta: WritableByteMap;
  readonly #pages: WritableByteMap;
  readonly #file: string;
  readonly #decoded: Decoded | undefined;

  /**
   * @param file the file to name in an error.
   * @param decoded of who reads the same catalog, and need not decode what was written here. An encrypted store needs it
   */
  constructor(file: string, meta: WritableByteMap, pages: WritableByteMap, decoded?: Decoded) {
    this.#decoded = decoded;
    this.#file = file;
    this.#meta = meta;
    this.#pages = pages;
  }

  putHeader(header: StoreHeader): void {
    const bytes = this.#encode(headerCheck, header, 'header');
    this.#meta.put(STORE_KEY, bytes);
    this.#decoded?.wroteHeader(bytes, header);
  }

  putCollection(manifest: CollectionManifest): void {
    const bytes = this.#encode(collectionCheck, manifest, `manifest of collection ${manifest.name}`);
    this.#removeOlder(manifest.name);
    this.#meta.put(collectionKey(manifest.name, this.#decoded?.names), bytes);
    this.#decoded?.wroteCollection(bytes, manifest);
  }

  deleteCollection(name: string): void {
    this.#removeOlder(name);
    this.#meta.remove(collectionKey(name, this.#decoded?.names));
  }

  /** While data keys are exchanged, a manifest may be under an older pseudonym of the name. */
  #removeOlder(name: string): void {
    const names = this.#decoded?.names;
    if (names !== undefined) for (const key of olderCollectionKeys(name, names)) this.#meta.remove(key);
  }

  putShard(collectionId: number, entry: ShardEntry): void {
    this.#meta.put(
      shardKey(collectionId, entry.shard),
      this.#encode(shardCheck, entry, `entry of shard ${entry.shard}`),
    );
  }

  deleteShard(collectionId: number, shard: number): void {
    this.#meta.remove(shardKey(collectionId, shard));
  }

  putTombstoneState(shard: number, state: TombstoneState): void {
    this.#meta.put(tombstonesKey(shard), this.#encode(tombstonesCheck, state, `tombstones of shard ${shard}`));
  }

  putTombstoneChunk(shard: number, chunk: number, bitmap: Uint8Array): void {
    this.#meta.put(tombstoneChunkKey(shard, chunk), seal(bitmap));
  }

  deleteTombstones(shard: number): void {
    removeRange(this.#meta, { start: tombstonesKey(shard), end: tombstonesKey(shard + 1) });
  }

  putInlineRecord(shard: number, ordinal: number, line: Uint8Array): void {
    this.#meta.put(inlineKey(shard, ordinal), seal(line));
  }

  deleteInlineRecords(shard: number, max: number): number {
    return removeRange(this.#meta, { start: inlineKey(shard, 0), end: inlineKey(shard + 1, 0), limit: max });
  }

  putEdit(collectionId: number, key: Uint8Array, edit: Edit | undefined): void {
    const at = editKey(collectionId, key);
    if (edit === undefined) this.#meta.remove(at);
    else this.#meta.put(at, this.#encode(editCheck, edit, 'edit of a record'));
  }

  deleteEdits(collectionId: number): void {
    removeRange(this.#meta, { start: editKey(collectionId, new Uint8Array()), end: editsEnd(collectionId) });
  }

  putLock(lock: LockRecord | undefined): void {
    if (lock === undefined) this.#meta.remove(LOCK_KEY);
    else this.#meta.put(LOCK_KEY, this.#encode(lockCheck, lock, 'lock'));
  }

  putGarbage(garbage: Garbage): void {
    this.#meta.put(GARBAGE_KEY, this.#encode(garbageCheck, garbage, 'list of garbage'));
  }

  putResumable(imports: readonly ResumableImport[]): void {
    this.#meta.put(RESUMABLE_KEY, this.#encode(resumableCheck, imports, 'list of resumable imports'));
  }

  putSourceManifest(collectionId: number, manifest: SourceManifest): void {
    this.#meta.put(sourcesKey(collectionId), this.#encode(sourcesCheck, manifest, 'manifest of sources'));
  }

  putSourceRows(collectionId: number, chunk: number, rows: Uint8Array): void {
    this.#meta.put(sourceRowsKey(collectionId, chunk), seal(rows));
  }

  deleteSourceRows(collectionId: number, from: number): void {
    removeRange(this.#meta, { start: sourceRowsKey(collectionId, from), end: sourcesKey(collectionId + 1) });
  }

  deleteSources(collectionId: number): void {
    removeRange(this.#meta, { start: sourcesKey(collectionId), end: sourcesKey(collectionId + 1) });
  }

  putHistory(collectionId: number, history: History | undefined): void {
    const at = historyKey(collectionId);
    if (history === undefined) this.#meta.remove(at);
    else {
      const { functions: _, ...stored } = history;
      this.#meta.put(at, this.#encode(historyCheck, stored, 'history of shapes'));
    }
  }

  putProfile(collectionId: number, profile: Uint8Array | undefined): void {
    const at = profileKey(collectionId);
    if (profile === undefined) this.#meta.remove(at);
    else this.#meta.put(at, seal(profile));
  }

  putSchema(collectionId: number, schema: StoredSchema | undefined): void {
    const at = schemaKey(collectionId);
    if (schema === undefined) this.#meta.remove(at);
    else this.#meta.put(at, this.#encode(storedSchemaCheck, schema, 'schema'));
  }

  putAuditHead(head: AuditHead): void {
    const bytes = this.#encode(auditHeadCheck, head, 'head of the audit log');
    this.#meta.put(AUDIT_HEAD_KEY, bytes);
    this.#decoded?.wroteAuditHead(bytes, head);
  }

  putAuditEntry(sequence: number, entry: Uint8Array): void {
    this.putAuditValue(sequence, seal(entry));
  }

  putAuditValue(sequence: number, value: Uint8Array): void {
    this.#meta.put(auditKey(sequence), value);
  }

  deleteAuditEntries(from: number, through: number): void {
    removeRange(this.#meta, { start: auditKey(from), end: auditKey(through + 1) });
  }

  putPage(tree: number, page: Uint8Array): void {
    const first = entryAt(page, 0);
    this.#pages.put(pageKey(tree, first.key, first.shard, first.ordinal), page);
  }

  putPageAt(key: Uint8Array, page: Uint8Array): void {
    this.#pages.put(key, page);
  }

  putAgain(database: 'meta' | 'pages', key: Uint8Array, value: Uint8Array): void {
    (database === 'meta' ? this.#meta : this.#pages).put(key, value);
  }

  deletePage(key: Uint8Array): void {
    if (!this.#pages.remove(key)) throw damaged('index', this.#file, 'a page to be replaced does not exist');
  }

  putRecent(tree: number, entry: RecentEntry, isKeyed: boolean): void {
    const { at, value } = encodeRecent(tree, entry, isKeyed);
    this.#meta.put(at, value);
  }

  deleteRecent(tree: number): void {
    removeRange(this.#meta, { start: recentStart(tree), end: recentStart(tree + 1) });
  }

  deleteTree(tree: number, max: number): number {
    const pages = removeRange(this.#pages, { start: treeStart(tree), end: treeStart(tree + 1), limit: max });
    const recent = removeRange(this.#meta, { start: recentStart(tree), end: recentStart(tree + 1), limit: max });
    return Math.max(pages, recent);
  }

  #encode(check: Check, value: object, what: string): Buffer {
    return encodeValue(check, value, what, this.#file);
  }
}

function removeRange(map: WritableByteMap, range: ByteRange): number {
  const keys = map.keys(range);
  for (const key of keys) map.remove(key);
  return keys.length;
}

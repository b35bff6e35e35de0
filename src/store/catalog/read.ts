// store at rest: [catalog]
//
// Reads the catalog from two sorted maps of bytes, `meta` and `pages`: whatever keeps the maps (LMDB: store/lmdb/catalog.ts),
// the keys and values are these (values.ts, store/pages/page-key.ts). Everything is verified as it is read.

import { GristmillError } from '../../base/errors.js';
import { RECORDS_PER_SHARD_MAX } from '../../base/limits.js';
import type { AuditHead, AuditValue } from '../audit-types.js';
import type { Edit, EditAt } from '../edit-types.js';
import type { LockRecord } from '../lock-types.js';
import { isPageKey, treeOf, treeStart } from '../pages/page-key.js';
import { damagedPage, verifyPage } from '../pages/read.js';
import type { RecentAt, RecentEntry, RecentRange } from '../recent-types.js';
import type { History } from '../shape-types.js';
import type { SourceManifest, SourceRow } from '../source-types.js';
import type {
  CatalogRead,
  CollectionManifest,
  Garbage,
  InlineRecord,
  PageAt,
  RawValue,
  ResumableImport,
  ShardEntry,
  StoredSchema,
  StoreHeader,
  TombstoneState,
} from '../types.js';
import type { ByteMap, ByteRange } from './byte-map.js';
import type { Check } from './checks.js';
import { decodeCollection, decodeShard, decodeTombstones } from './decode.js';
import { Decoded } from './decoded.js';
import { decodeEdit } from './edit-value.js';
import { decodeRecent, recentBound, recentPlace, recentStart, treesIn } from './recent.js';
import {
  garbageCheck,
  historyCheck,
  lockCheck,
  resumableCheck,
  sourceRowsCheck,
  sourcesCheck,
  storedSchemaCheck,
  tombstonesCheck,
} from './schema.js';
import { TOMBSTONE_CHUNK_BYTES } from './tombstones.js';
import {
  AUDIT_HEAD_KEY,
  auditKey,
  damaged,
  decodeValue,
  editedKey,
  editKey,
  editsEnd,
  GARBAGE_KEY,
  historyKey,
  inlineKey,
  LOCK_KEY,
  lastNumber,
  MetaKind,
  profileKey,
  RESUMABLE_KEY,
  STORE_KEY,
  schemaKey,
  sequenceOf,
  shardKey,
  sourceRowsKey,
  sourcesKey,
  tombstoneChunkKey,
  tombstonesKey,
  unseal,
  unsealText,
} from './values.js';

export class CatalogReader implements CatalogRead {
  readonly file: string;
  readonly #meta: ByteMap;
  readonly #pages: ByteMap;
  /** Header and manifests as they were read last. */
  protected readonly decoded: Decoded;
  functions: NonNullable<History['functions']> = [];
  /** @param decoded what a writer of the same catalog tells of what it has written */
  constructor(file: string, meta: ByteMap, pages: ByteMap, decoded = new Decoded()) {
    this.file = file;
    this.decoded = decoded;
    this.#meta = meta;
    this.#pages = pages;
  }

  generation(): number {
    return this.header().generation;
  }

  header(): StoreHeader {
    const bytes = this.#meta.get(STORE_KEY);
    if (bytes === undefined) {
      const message = `${this.file} has no header, so it is not complete`;
      throw new GristmillError('CHECKSUM_MISMATCH', message, { file: this.file });
    }
    return this.decoded.header(bytes, this.file);
  }

  rawValues(max: number, after?: Uint8Array): readonly RawValue[] {
    return this.#meta.range({ start: after ?? STORE_KEY, limit: max, exclusiveStart: after !== undefined });
  }

  rawPages(tree: number, max: number, after: Uint8Array = treeStart(tree)): readonly RawValue[] {
    return this.#pages.range({ start: after, end: treeStart(tree + 1), limit: max, exclusiveStart: true });
  }

  /** Whether the store has been initialised. */
  get hasHeader(): boolean {
    return this.#meta.get(STORE_KEY) !== undefined;
  }

  /** Whether the catalog is empty: creating the store was interrupted before the header was written. */
  get isEmpty(): boolean {
    return this.rawValues(1).length === 0;
  }

  collections(): readonly CollectionManifest[] {
    const found = this.#meta.range({ start: Buffer.of(MetaKind.collection), end: Buffer.of(MetaKind.collection + 1) });
    const manifests = found.map((raw) => this.collectionIn(raw));
    // The order of pseudonyms says nothing.
    return this.decoded.names === undefined
      ? manifests
      : manifests.sort(({ name: left }, { name: right }) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  }

  collectionIn({ key, value }: RawValue): CollectionManifest {
    return decodeCollection(value, key, this.file, this.decoded.names);
  }

  collection(name: string): CollectionManifest | undefined {
    const bytes = this.decoded.bytesOf(name, this.#meta);
    return bytes && this.decoded.collection(bytes, name, this.file);
  }

  shards({ id, open }: CollectionManifest): readonly ShardEntry[] {
    const found = this.#meta.range({ start: shardKey(id, 0), end: shardKey(id + 1, 0) });
    const entries = found.map(({ key, value }) => decodeShard(value, key, this.file));
    entries.sort((left, right) => left.firstOrdinal - right.firstOrdinal || left.shard - right.shard);
    return open === undefined ? entries : [...entries, open];
  }

  tombstoneState(shard: number): TombstoneState | undefined {
    return this.#decoded<TombstoneState>(tombstonesKey(shard), tombstonesCheck, `tombstones of shard ${shard}`);
  }

  tombstones({ shard, records }: Pick<ShardEntry, 'shard' | 'records'>): Uint8Array {
    const start = tombstoneChunkKey(shard, 0);
    const chunks = this.#meta.range({ start, end: tombstonesKey(shard + 1) }).map(({ key, value }) => {
      return { at: lastNumber(key) * TOMBSTONE_CHUNK_BYTES, chunk: decodeTombstones(value, key, records, this.file) };
    });
    const bitmap = new Uint8Array((chunks.at(-1)?.at ?? -TOMBSTONE_CHUNK_BYTES) + TOMBSTONE_CHUNK_BYTES);
    for (const { at, chunk } of chunks) bitmap.set(chunk, at);
    return bitmap;
  }

  tombstoneChunk(shard: number, chunk: number): Uint8Array | undefined {
    const bytes = this.#meta.get(tombstoneChunkKey(shard, chunk));
    return bytes && decodeTombstones(bytes, tombstoneChunkKey(shard, chunk), RECORDS_PER_SHARD_MAX, this.file);
  }

  inlineRecord(shard: number, ordinal: number): Buffer | undefined {
    const bytes = this.#meta.get(inlineKey(shard, ordinal));
    return bytes && this.#line(bytes, shard, ordinal);
  }

  inlineText(shard: number, ordinal: number): string | undefined {
    const bytes = this.#meta.get(inlineKey(shard, ordinal));
    return bytes && unsealText(bytes, `record ${ordinal} of shard ${shard}`, this.file);
  }

  inlineRecords(shard: number, from: number, max: number): readonly InlineRecord[] {
    const found = this.#meta.range({ start: inlineKey(shard, from), end: inlineKey(shard + 1, 0), limit: max });
    return found.map(({ key, value }) => {
      const ordinal = lastNumber(key);
      return { ordinal, line: this.#line(value, shard, ordinal) };
    });
  }

  edit(collectionId: number, key: Uint8Array): Edit | undefined {
    const bytes = this.#meta.get(editKey(collectionId, key));
    return bytes && decodeEdit(bytes, this.file);
  }

  edits(collectionId: number, max: number, after?: Uint8Array): readonly EditAt[] {
    const start = editKey(collectionId, after ?? new Uint8Array());
    const found = this.#meta.range({ start, end: editsEnd(collectionId), limit: max, exclusiveStart: true });
    return found.map(({ key, value }) => ({ key: editedKey(key), edit: decodeEdit(value, this.file) }));
  }

  lock(): LockRecord | undefined {
    return this.#decoded<LockRecord>(LOCK_KEY, lockCheck, 'lock');
  }

  garbage(): Garbage {
    return this.#decoded<Garbage>(GARBAGE_KEY, garbageCheck, 'list of garbage') ?? { files: [], trees: [], inline: [] };
  }

  resumable(): readonly ResumableImport[] {
    return this.#decoded<ResumableImport[]>(RESUMABLE_KEY, resumableCheck, 'list of resumable imports') ?? [];
  }

  sourceManifest(collectionId: number): SourceManifest | undefined {
    return this.#decoded<SourceManifest>(sourcesKey(collectionId), sourcesCheck, 'manifest of sources');
  }

  sourceRows(collectionId: number, chunk: number): readonly SourceRow[] {
    const bytes = this.#meta.get(sourceRowsKey(collectionId, chunk));
    if (bytes === undefined) throw damaged('list of source files', this.file, `its part ${chunk} is missing`);
    return decodeValue<SourceRow[]>(sourceRowsCheck, bytes, 'list of source files', this.file);
  }

  profile(collectionId: number): Uint8Array | undefined {
    const bytes = this.#meta.get(profileKey(collectionId));
    return bytes && unseal(bytes, 'profile', this.file);
  }

  history(collectionId: number): History | undefined {
    const history = this.#decoded<History>(historyKey(collectionId), historyCheck, 'history of shapes');
    return history && this.functions.length > 0 ? { ...history, functions: this.functions } : history;
  }

  schema(collectionId: number): StoredSchema | undefined {
    return this.#decoded<StoredSchema>(schemaKey(collectionId), storedSchemaCheck, 'schema');
  }

  auditHead(): AuditHead | undefined {
    const bytes = this.#meta.get(AUDIT_HEAD_KEY);
    return bytes && this.decoded.auditHead(bytes, this.file);
  }

  auditValues(from: number, to: number, max: number, reverse = false): readonly AuditValue[] {
    const [start, end] = reverse ? [to, from - 1] : [from, to + 1];
    const found = this.#meta.range({ start: auditKey(start), end: auditKey(end), reverse, limit: max });
    return found.map(({ key, value }) => ({ sequence: sequenceOf(key), value }));
  }

  #decoded<T>(key: Buffer, check: Check, what: string): T | undefined {
    const bytes = this.#meta.get(key);
    return bytes && decodeValue<T>(check, bytes, what, this.file);
  }

  #line(sealed: Uint8Array, shard: number, ordinal: number): Buffer {
    const line = unseal(sealed, `record ${ordinal} of shard ${shard}`, this.file);
    return Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  }

  floorPage(tree: number, key: Uint8Array): PageAt | undefined {
    return this.#pageAt(tree, { start: key, end: treeStart(tree), reverse: true, limit: 1 });
  }

  nextPage(tree: number, key: Uint8Array, reverse: boolean): PageAt | undefined {
    const range = { start: key, end: treeStart(reverse ? tree : tree + 1), reverse, limit: 1, exclusiveStart: true };
    const found = this.#pageAt(tree, range);
    if (found === undefined) return undefined;
    // Who goes from page to page comes to an end, wherever LMDB's own pages lead.
    const order = Buffer.compare(found.pageKey, key);
    if (reverse ? order >= 0 : order <= 0) throw damagedPage(tree, this.file, 'the tree leads back to an earlier page');
    return found;
  }

  page(key: Uint8Array): Uint8Array | undefined {
    const page = this.#pages.get(key);
    if (page !== undefined) verifyPage(page, treeOf(key), this.file);
    return page;
  }

  pageKeys(tree: number, max: number, after: Uint8Array = treeStart(tree)): readonly Uint8Array[] {
    const keys = this.#pages.keys({ start: after, end: treeStart(tree + 1), limit: max, exclusiveStart: true });
    if (!keys.every((key) => isPageKey(key, tree))) throw damagedPage(tree, this.file, 'its location is not valid');
    return keys;
  }

  recentEntry(tree: number, key: Uint8Array): RecentEntry | undefined {
    const at = recentPlace(tree, key);
    const value = this.#meta.get(at);
    return value && decodeRecent(at, value, true, this.file);
  }

  recentEntries(tree: number, { isKeyed, from, to, after, reverse, max }: RecentRange): readonly RecentAt[] {
    const start = after ?? recentBound(tree, from, reverse);
    const end = reverse ? recentStart(tree) : recentBound(tree, to, true);
    const found = this.#meta.range({ start, end, reverse, limit: max, exclusiveStart: after !== undefined });
    return found.map(({ key, value }) => ({ at: key, entry: decodeRecent(key, value, isKeyed, this.file) }));
  }

  trees(): readonly number[] {
    return treesIn(this.#meta, this.#pages);
  }

  #pageAt(tree: number, range: ByteRange): PageAt | undefined {
    const [found] = this.#pages.range(range);
    if (found === undefined) return undefined;
    verifyPage(found.value, tree, this.file);
    if (!isPageKey(found.key, tree)) throw damagedPage(tree, this.file, 'its location is not valid');
    return { pageKey: found.key, page: found.value };
  }
}

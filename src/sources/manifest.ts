// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// What is noted of each file that was imported (docs/format.md, Sources): by its fingerprint it is known whether it has
// changed, by its ranges which records came from it. A record keeps its shard and ordinal for ever, so ranges stay true
// whatever becomes of other records. Encode beside decode; rows go to the catalog in chunks, each a value.

import { SOURCE_ROWS_PER_CHUNK } from '../base/limits.js';
import type { Fingerprint } from '../import/source/source.js';
import { isDead } from '../store/catalog/tombstones.js';
import type { SourceLines, SourceManifest, SourceRow, SourceVersion } from '../store/source-types.js';
import type { CatalogRead, CatalogWrite, CollectionManifest, ShardEntry } from '../store/types.js';

/** Records that came from one file, within one shard. */
export interface RecordRange {
  readonly shard: number;
  readonly first: number;
  readonly count: number;
}

/** A collection, and the manifest of its sources. */
export interface Base {
  readonly manifest: CollectionManifest;
  readonly sources: SourceManifest;
}

/** One file of a manifest. */
export interface NotedFile {
  readonly source: number;
  /** In the folder, with `/`; the key of an object that a pattern of S3 names; empty where the source is the file or object. */
  readonly path: string;
  readonly fingerprint: Fingerprint;
  /** Records read, bad ones too. */
  readonly read: number;
  readonly ranges: readonly RecordRange[];
  readonly lines?: SourceLines;
}

function encodeFile({ source, path, fingerprint, read, ranges, lines }: NotedFile): SourceRow {
  const { bytes, modifiedNs, inode, device } = fingerprint;
  const numbers = ranges.flatMap(({ shard, first, count }) => [shard, first, count]);
  const row = [source, path, bytes, String(modifiedNs), String(inode), String(device), read, numbers] as const;
  const last = fingerprint.version ?? lines;
  return last === undefined ? row : [...row, last];
}

function decodeFile([source, path, bytes, modifiedNs, inode, device, read, numbers, last]: SourceRow): NotedFile {
  const lines = last !== undefined && 'head' in last ? last : undefined;
  const version = lines === undefined ? (last as SourceVersion | undefined) : undefined;
  const fingerprint = {
    ...{ bytes, modifiedNs: BigInt(modifiedNs), inode: BigInt(inode), device: BigInt(device) },
    ...(version && { version }),
  };
  const ranges: RecordRange[] = [];
  for (let i = 0; i < numbers.length; i += 3) {
    ranges.push({ shard: numbers[i]!, first: numbers[i + 1]!, count: numbers[i + 2]! });
  }
  return { source, path, fingerprint, read, ranges, ...(lines && { lines }) };
}

/** All files of a manifest, in order. */
export function* notedFiles(read: CatalogRead, collectionId: number, { chunks }: SourceManifest): Generator<NotedFile> {
  for (let chunk = 0; chunk < chunks; chunk++) yield* read.sourceRows(collectionId, chunk).map(decodeFile);
}

/**
 * Whether imports of other sources brought records that are still there. Records that transactions put are not counted: an
 * import settles them by its option `changes`.
 */
export function hasOthers(read: CatalogRead, { manifest, sources }: Base): boolean {
  const imported = read.shards(manifest).filter(({ source }) => source.file !== '');
  const uncounted = new Map(imported.map(({ shard, records }) => [shard, records]));
  for (const { shard, count } of rangesOf(read, manifest.id, sources)) {
    uncounted.set(shard, (uncounted.get(shard) ?? 0) - count);
  }
  const doubtful = imported.filter(({ shard }) => uncounted.get(shard)! > 0);
  if (doubtful.length === 0) return false;
  // Files that a synchronisation has dropped leave dead records.
  const known = new Map(doubtful.map((entry) => [entry.shard, deadIn(read, entry)]));
  for (const { shard, first, count } of rangesOf(read, manifest.id, sources)) {
    const bits = known.get(shard);
    if (bits !== undefined) for (let i = first; i < first + count; i++) bits[i >>> 3]! |= 1 << (i & 7);
  }
  return doubtful.some(({ shard, records }) => {
    for (let i = 0; i < records; i++) if (!isDead(known.get(shard)!, i)) return true;
    return false;
  });
}

function deadIn(read: CatalogRead, entry: ShardEntry): Uint8Array {
  const bits = new Uint8Array(Math.ceil(entry.records / 8));
  bits.set(read.tombstones(entry).subarray(0, bits.byteLength));
  return bits;
}

function* rangesOf(read: CatalogRead, collectionId: number, sources: SourceManifest): Generator<RecordRange> {
  for (const { ranges } of notedFiles(read, collectionId, sources)) yield* ranges;
}

/** Collects the rows of a manifest, in order, as the values they will be; chunks that stay what they are take no room. */
export class ManifestRows {
  readonly #before: number;
  /** Undefined: as stored. */
  readonly #chunks: (Uint8Array | undefined)[] = [];
  #rows: SourceRow[] = [];
  #isStored = true;
  #files = 0;

  /** @param before files in the manifest that these rows are to replace. */
  constructor(before = 0) {
    this.#before = before;
  }

  /** @param storedAt position of the file in the manifest there is, if nothing about it has changed. */
  add(file: NotedFile, storedAt?: number): void {
    this.#isStored &&= storedAt === this.#files;
    this.#files++;
    if (this.#rows.push(encodeFile(file)) === SOURCE_ROWS_PER_CHUNK) this.#close();
  }

  /** All rows have been added. */
  finish(): void {
    this.#isStored &&= this.#files === this.#before;
    if (this.#rows.length > 0) this.#close();
  }

  /** Puts it in the place of the collection's manifest, within a transaction. */
  write(
    write: CatalogWrite,
    collectionId: number,
    facts: Pick<SourceManifest, 'sources' | 'rules' | 'hasDuplicates'>,
  ): void {
    const { sources, rules, hasDuplicates } = facts;
    const [files, chunks] = [this.#files, this.#chunks.length];
    this.#chunks.forEach((rows, i) => {
      if (rows !== undefined) write.putSourceRows(collectionId, i, rows);
    });
    write.deleteSourceRows(collectionId, chunks);
    write.putSourceManifest(collectionId, { version: 1, sources, rules, hasDuplicates, files, chunks });
  }

  #close(): void {
    this.#chunks.push(this.#isStored ? undefined : Buffer.from(JSON.stringify(this.#rows)));
    this.#rows = [];
    this.#isStored = true;
  }
}

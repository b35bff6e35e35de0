// store at rest: [catalog]
//
// What is kept of the files that a collection was made from, as it is stored (docs/format.md, Sources).

/** What a collection was made from: catalog key `08` collection. Published with the import, and chunks of rows with it. */
export interface SourceManifest {
  readonly version: 1;
  /** Absolute paths of the files and folders, in order. */
  readonly sources: readonly string[];
  /** The options that what is stored depends on. */
  readonly rules: string;
  /** Whether records of these sources have replaced one another: then which of them is stored depends on all. */
  readonly hasDuplicates: boolean;
  readonly files: number;
  readonly chunks: number;
}

/**
 * One file of the sources, as it was when it was read: number of its source, path in it (empty: the source itself), bytes,
 * time of its last change in ns, inode, device; records read, bad ones too; where the good ones are, as shard, first
 * ordinal, count, shard, …; and for files of lines that may grow, what they end with (sources/manifest.ts). A remote object
 * has no inode and no device, and its version at the end.
 */
export type SourceRow = readonly [
  source: number,
  path: string,
  bytes: number,
  modifiedNs: string,
  inode: string,
  device: string,
  read: number,
  ranges: readonly number[],
  last?: SourceLines | SourceVersion,
];

/** Of a file of lines: hashes of its beginning and end, and of each span, by which the same bytes are known again. */
export interface SourceLines {
  readonly head: string;
  readonly tail: string;
  /** Absent where nobody has asked for it. */
  readonly spans?: readonly SourceSpan[];
}

/**
 * The version of a remote object, as its server reports it: a strong ETag alone, or else a weak ETag, a time, or both.
 */
export interface SourceVersion {
  /** As the server wrote it, quotes included. */
  readonly etag?: string | undefined;
  /** The time of the last change, as the server wrote it. Absent where there is a strong ETag. */
  readonly modified?: string | undefined;
}

/** A part of a file of lines that one shard was made of. */
export type SourceSpan = readonly [from: number, to: number, hash: string, read: number, shard: number];

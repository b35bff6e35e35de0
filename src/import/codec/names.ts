// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// What the name of a file says of its compression.

const COMPRESSED = /\.(?:gz|zst|bz2|xz|lz4|br)$/i;

/** The name without the ending of its compressed form, if it has one. */
export function plainName(path: string): string {
  return path.replace(COMPRESSED, '');
}

/** Whether the name of a file says that it is compressed. */
export function hasCompressedName(path: string): boolean {
  return COMPRESSED.test(path);
}

// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What cutting a compressed file gives.

/** A piece of a compressed file. */
export interface Cut {
  readonly offset: number;
  readonly bytes: number;
  /** What the piece decompresses to, as the file says it; undefined if the file does not say it. */
  readonly plainBytes: number | undefined;
}

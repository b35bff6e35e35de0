// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Files of a folder with their fingerprints, as one buffer: a list of many thousands takes the room of its text, and goes
// to a worker as it is.

import type { Fingerprint } from './source.js';

/** A file of a folder, as it was when it was listed. */
export interface ListedFile {
  /** Relative to the folder, with `/` between names. */
  readonly path: string;
  readonly fingerprint: Fingerprint;
}

/** Path, bytes, time of the last change in ns, inode, device, whether it grows. */
type FileRow = readonly [string, number, string, string, string, true?];

function rowOf({ path, fingerprint }: ListedFile): FileRow {
  const { bytes, modifiedNs, inode, device, grows } = fingerprint;
  const row = [path, bytes, String(modifiedNs), String(inode), String(device)] as const;
  return grows ? [...row, grows] : row;
}

function fileOf([path, bytes, modifiedNs, inode, device, grows]: FileRow): ListedFile {
  const fingerprint = { bytes, modifiedNs: BigInt(modifiedNs), inode: BigInt(inode), device: BigInt(device) };
  return { path, fingerprint: grows ? { ...fingerprint, grows } : fingerprint };
}

export function packFiles(files: readonly ListedFile[]): Uint8Array {
  return Buffer.from(JSON.stringify(files.map(rowOf)));
}

export function unpackFiles(list: Uint8Array): ListedFile[] {
  const text = Buffer.from(list.buffer, list.byteOffset, list.byteLength).toString();
  return (JSON.parse(text) as FileRow[]).map(fileOf);
}

/** The order of a folder's files: by the bytes of their paths. */
export function comparePaths(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

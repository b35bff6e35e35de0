// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The directory of a zip archive (APPNOTE.TXT), which stands at its end: what the entries are called, how they are
// compressed, and where they lie. It has no checksum. So everything that it says twice, or that the archive says too, has to
// agree; and no two entries may share bytes, as they do in bombs.
//
//   ( other bytes ) entry entry … | directory | ( zip64 end, locator ) end, comment
//
// What stands before the first entry (a program that unpacks the archive) moves all offsets by its length.

import { GristmillError } from '../../base/errors.js';
import type { Source, ZipPlace } from '../source/source.js';
import { centralHeader, END, END64, type Ending, ending, ending64, LOCAL, LOCATOR64 } from './zip-fields.js';

export interface ZipEntry {
  readonly name: Buffer;
  /** Offset of its local header, and where what follows it begins. */
  readonly at: number;
  readonly to: number;
  readonly zip: ZipPlace;
  /** Whether it is a symbolic link, whose data is its target. */
  readonly isLink: boolean;
}

const COMMENT_BYTES_MAX = 0xffff;
const UNIX = 3;
const KIND_OF_MODE = 0o170000;
const LINK_MODE = 0o120000;
const FIRST_BYTES = ['PK\u0003\u0004', 'PK\u0005\u0006', 'PK\u0007\u0008'];

/** Whether a file begins as a zip archive: with an entry, or with its end if it has none. */
export function beginsAsZip(head: Uint8Array): boolean {
  return FIRST_BYTES.includes(Buffer.from(head.subarray(0, 4)).toString('latin1'));
}

/** Whether a file ends as a zip archive. @throws as Source.read */
export function endsAsZip(file: Source): boolean {
  return findEnd(file) !== undefined;
}

/** The entries of a zip archive, in the order of its directory. @throws SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_NOT_SUPPORTED; as Source.read */
export function zipEntries(file: Source): readonly ZipEntry[] {
  const { from, moved, entries, bytes } = findDirectory(file);
  const directory = Buffer.from(file.bytesAt(from, from + bytes));
  const found: ZipEntry[] = [];
  for (let at = 0; at < directory.byteLength; ) {
    const header = centralHeader(directory, at);
    if (header === undefined) throw damagedZip(file.path, from + at, 'an incomplete entry in its directory');
    const { name, madeBy, mode, next, ...zip } = header;
    const isLink = madeBy === UNIX && (mode & KIND_OF_MODE) === LINK_MODE;
    found.push({ name, at: header.at + moved, to: from, zip: { ...zip, name: name.toString('latin1') }, isLink });
    at = next;
  }
  if (found.length !== entries) {
    throw damagedZip(file.path, from, `a directory of ${found.length} entries, but its end says ${entries}`);
  }
  return withEnds(file.path, found);
}

/** Each entry ends where the next one begins. @throws SOURCE_DAMAGED where they overlap */
function withEnds(path: string, entries: readonly ZipEntry[]): readonly ZipEntry[] {
  const byOffset = entries.map((_, i) => i).sort((left, right) => entries[left]!.at - entries[right]!.at);
  const ended = [...entries];
  byOffset.forEach((i, order) => {
    const entry = entries[i]!;
    const to = entries[byOffset[order + 1] ?? -1]?.at ?? entry.to;
    if (entry.at + LOCAL.bytes + entry.name.byteLength + entry.zip.bytes > to) {
      throw damagedZip(path, entry.at, `an entry that overlaps what follows it (${entry.name})`);
    }
    ended[i] = { ...entry, to };
  });
  return ended;
}

interface Directory extends Pick<Ending, 'entries' | 'bytes'> {
  /** Offset of the directory in the file. */
  readonly from: number;
  /** Bytes before the archive. */
  readonly moved: number;
}

function findDirectory(file: Source): Directory {
  const end = findEnd(file);
  if (end === undefined) {
    const message = `${file.path} has no end of a zip directory in its last bytes, so it is cut off or something was added to it. Is the copy complete?`;
    throw new GristmillError('SOURCE_TRUNCATED', message, { file: file.path, offset: file.end });
  }
  const { said, at } = said64(file, end);
  const { from, bytes, entries, isOne } = said;
  if (!isOne) {
    const message = `${file.path} is a part of a zip archive of several files. Join them first: zip -s 0 <archive> --out <whole archive>`;
    throw new GristmillError('SOURCE_NOT_SUPPORTED', message, { file: file.path, offset: end });
  }
  const moved = at - bytes - from;
  if (moved < 0) throw damagedZip(file.path, at, 'an end that says that the directory is larger than the archive');
  return { from: at - bytes, bytes, entries, moved };
}

/** What is said of the directory, and the offset at which it ends. */
function said64(file: Source, end: number): { readonly said: Ending; readonly at: number } {
  const said = ending(Buffer.from(file.bytesAt(end, end + END.bytes)));
  const locatorAt = end - LOCATOR64.bytes;
  const locator = Buffer.from(file.bytesAt(Math.max(0, locatorAt), end));
  const isThere = locatorAt >= 0 && locator.readUInt32LE(0) === LOCATOR64.signature;
  if (!isThere && !said.needs64) return { said, at: end };
  // Bytes before the archive move this offset too. The part is followed by its locator.
  for (const at of isThere ? [Number(locator.readBigUInt64LE(8)), locatorAt - END64.bytes] : []) {
    const found = at >= 0 && at < locatorAt ? ending64(Buffer.from(file.bytesAt(at, at + END64.bytes))) : undefined;
    if (found !== undefined) return { said: found, at };
  }
  throw damagedZip(file.path, end, 'an end that needs a zip64 part, but no such part');
}

/** The offset of the end: only a comment follows it. */
function findEnd(file: Source): number | undefined {
  const from = Math.max(0, file.end - END.bytes - COMMENT_BYTES_MAX);
  const bytes = Buffer.from(file.bytesAt(from, file.end));
  for (let at = bytes.byteLength - END.bytes; at >= 0; at--) {
    if (bytes[at] !== 0x50 || bytes.readUInt32LE(at) !== END.signature) continue;
    if (at + END.bytes + bytes.readUInt16LE(at + 20) === bytes.byteLength) return from + at;
  }
  return undefined;
}

/** @param what the finding, such as "an incomplete entry in its directory" */
export function damagedZip(file: string, offset: number, what: string): GristmillError {
  const message = `${file} is damaged: its zip data has ${what}, near byte ${offset}. Get the file again (unzip -t checks a copy)`;
  return new GristmillError('SOURCE_DAMAGED', message, { file, offset });
}

// Whether a plaintext is in a file of a store that is encrypted: as it is, in other encodings of text, as an encoded key, as a
// number, and in what zstd frames hold.

import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import binding from 'zstd-napi/binding.js';
import { encodeKey } from '../../src/keys/encode.js';

/** In each text, key, path and name of the stores that are searched. */
export const WORD = 'qzxsecretv';
/** Numbers from here on are in each record; the first bytes of all their forms are the same. */
export const NUMBER = 731_928_460_000_000;
const NUMBERS = 1000;

const FRAME_MAGIC = Buffer.from('28b52ffd', 'hex');
/** Fewer bytes come by chance. */
const BYTES_MIN = 5;
/** A file has no frame that is larger, nor has the text of one. */
const ROOM_BYTES = 1 << 20;

/** Each form that the word or the number may have in a file. */
export const FORMS: ReadonlyMap<string, Buffer> = new Map<string, Buffer>([
  ['text', Buffer.from(WORD)],
  ['UTF-16', Buffer.from(WORD, 'utf16le')],
  ['UTF-16, big-endian', Buffer.from(WORD, 'utf16le').swap16()],
  ['hexadecimal digits', Buffer.from(Buffer.from(WORD).toString('hex'))],
  ['upper case hexadecimal digits', Buffer.from(Buffer.from(WORD).toString('hex').toUpperCase())],
  // Whatever stands before and after the word, these characters are of it alone.
  ...[0, 1, 2].map((before): [string, Buffer] => {
    const text = Buffer.from(' '.repeat(before) + WORD).toString('base64');
    const from = Math.ceil((8 * before) / 6);
    return [`base64, ${before}`, Buffer.from(text.slice(from, Math.floor((8 * (before + WORD.length)) / 6)))];
  }),
  ['digits', Buffer.from(String(NUMBER).slice(0, 9))],
  ['the key of a number', same((value) => Buffer.from(encodeKey(value)))],
  ['a double', same(double).subarray(0)],
  ['a double, little-endian', Buffer.from(same(double)).reverse()],
]);

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** What all the numbers begin with. */
function same(bytesOf: (value: number) => Buffer): Buffer {
  const [first, last] = [bytesOf(NUMBER), bytesOf(NUMBER + NUMBERS)];
  let length = 0;
  while (first[length] === last[length]) length++;
  if (length < BYTES_MIN) throw new Error('too few bytes to be found');
  return first.subarray(0, length);
}

/** The forms that are in these bytes, or in what is compressed in them. */
export function formsIn(bytes: Buffer): string[] {
  const found = [...FORMS].flatMap(([name, form]) => (bytes.includes(form) ? [name] : []));
  for (let at = bytes.indexOf(FRAME_MAGIC); at !== -1; at = bytes.indexOf(FRAME_MAGIC, at + 1)) {
    const text = decompressed(bytes.subarray(at));
    for (const [name, form] of FORMS) if (text.includes(form)) found.push(`${name}, compressed`);
  }
  return [...new Set(found)];
}

/** As much as there is of the frame: it may be cut off, or be none. */
function decompressed(bytes: Buffer): Buffer {
  const text = Buffer.alloc(ROOM_BYTES);
  let [read, written] = [0, 0];
  try {
    const context = new binding.DCtx();
    for (let left = 1; left > 0 && read < bytes.byteLength && written < text.byteLength; ) {
      const [more, produced, consumed] = context.decompressStream(text.subarray(written), bytes.subarray(read));
      if (produced === 0 && consumed === 0) break;
      [left, read, written] = [more, read + consumed, written + produced];
    }
  } catch {
    // What came out before is looked at.
  }
  return text.subarray(0, written);
}

/** Searches directories again and again, each time only what is not as it was. */
export class PlaintextSearch {
  readonly #directories: readonly string[];
  readonly #isExempt: (inode: number) => boolean;
  #before = new Map<string, Buffer>();
  /** Each file in which a plaintext was seen, with the forms of it. */
  readonly seen = new Map<string, Set<string>>();

  /** @param isExempt files that are known to hold plaintext */
  constructor(directories: readonly string[], isExempt: (inode: number) => boolean = () => false) {
    this.#directories = directories;
    this.#isExempt = isExempt;
  }

  /** @returns whether anything is there that was not there the last time */
  look(): boolean {
    const now = new Map<string, Buffer>();
    for (const directory of this.#directories) this.#walk(directory, '', now);
    let isNew = now.size !== this.#before.size;
    for (const [path, bytes] of now) {
      if (this.#before.get(path)?.equals(bytes)) continue;
      isNew = true;
      this.#note(path, formsIn(bytes));
    }
    this.#before = now;
    return isNew;
  }

  #walk(directory: string, below: string, now: Map<string, Buffer>): void {
    for (const name of readdirSync(join(directory, below))) {
      const inside = join(below, name);
      const path = join(directory, inside);
      const stat = lstatSync(path);
      if (this.#isExempt(stat.ino)) continue;
      this.#note(path, formsIn(Buffer.from(name)));
      if (stat.isDirectory()) this.#walk(directory, inside, now);
      else if (stat.isFile()) now.set(path, readFileSync(path));
    }
  }

  #note(path: string, forms: readonly string[]): void {
    if (forms.length === 0) return;
    const known = this.seen.get(path) ?? new Set<string>();
    for (const form of forms) known.add(form);
    this.seen.set(path, known);
  }
}

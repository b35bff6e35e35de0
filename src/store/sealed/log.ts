// store at rest: [sealed]
//
// A file that grows, and that a later process continues: the quarantine of an import. It is one segment, or more: each writer
// begins one, with a key of its own.
//
//   "GRSM" | seed (box.ts: version, data key, salt)
//   (u32 bytes of ciphertext; bit 31: the file ends here | ciphertext | 16 bytes tag) × n
//
// A record has at most 64 KiB. The nonce is the number of the record in its segment. Its place in the file and its length are
// authenticated with it, so records cannot be left out, moved or taken twice; and the id in the name of the file, so two files
// cannot be exchanged. What stands after the last whole record counts only if the file has ended. Segments of older versions
// begin with "GRSL", and are not bound to the id.

import { basename } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import type { BlobReader, BlobWriter } from '../files/blobs.js';
import { openInto, sealInto, TAG_BYTES } from '../seal/gcm.js';
import type { SealKeys } from '../seal/types.js';
import { numberInSeed, SEED_BYTES, type SealedKind, type Seed, seedOf } from './box.js';
import { nonceOf, SealedWriter } from './writer.js';

const MAGIC = Buffer.from('GRSM');
const UNBOUND_MAGIC = Buffer.from('GRSL');
const UNBOUND = Buffer.alloc(0);
const HEAD_BYTES = MAGIC.byteLength + SEED_BYTES;
const LENGTH_BYTES = 4;
const RECORD_BYTES = 64 * 1024;
const END = 0x8000_0000;
const READ_BYTES = 1 << 20;

export class LogWriter extends SealedWriter {
  readonly #id: Buffer;

  /** @param file new, or cut after a whole record. @param path its own, or the one it gets, or what begins with that */
  constructor(file: BlobWriter, path: string, keys: SealKeys, kind: SealedKind) {
    super(file, keys, kind, MAGIC);
    this.#id = idIn(path);
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += RECORD_BYTES) this.#put(bytes.subarray(at, at + RECORD_BYTES), 0);
  }

  protected end(): void {
    this.#put(new Uint8Array(), END);
  }

  #put(plain: Uint8Array, flag: number): void {
    const record = Buffer.allocUnsafe(LENGTH_BYTES + plain.byteLength + TAG_BYTES);
    record.writeUInt32LE(plain.byteLength + flag, 0);
    const about = aboutOf(this.size, record.subarray(0, LENGTH_BYTES), this.#id);
    sealInto(this.key, nonceOf(this.next++), about, plain, record.subarray(LENGTH_BYTES));
    this.write(record);
  }
}

/** A record that was found. */
interface Found {
  readonly seed: Seed;
  /** What its segment is bound to. */
  readonly id: Buffer;
  readonly number: number;
  /** Where it begins in the file, and its plain bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** Where its plain bytes begin among all. */
  readonly plainAt: number;
}

export class LogReader implements BlobReader {
  readonly size: number;
  readonly descriptor = undefined;
  readonly #file: BlobReader;
  readonly #path: string;
  readonly #records: readonly Found[];
  #open: { readonly record: Found; readonly plain: Buffer } | undefined;

  /** Numbers of the data keys that it is sealed with. */
  get dataKeys(): ReadonlySet<number> {
    return new Set(this.#records.map(({ seed }) => numberInSeed(seed.head)));
  }

  /** @throws GristmillError CHECKSUM_MISMATCH for a file that is not sealed so, or whose end is missing */
  constructor(file: BlobReader, path: string, keys: SealKeys, kind: SealedKind) {
    this.#file = file;
    this.#path = path;
    this.#records = this.#walk(keys, kind);
    const last = this.#records.at(-1) as Found;
    this.size = last.plainAt + last.bytes;
    // It says that the file is whole.
    this.#read(last);
  }

  readSync(into: Uint8Array, offset: number): number {
    let done = 0;
    while (done < into.byteLength && offset + done < this.size) {
      const record = this.#at(offset + done);
      if (this.#open?.record !== record) this.#open = { record, plain: this.#read(record) };
      const from = offset + done - record.plainAt;
      const part = this.#open.plain.subarray(from, from + into.byteLength - done);
      into.set(part, done);
      done += part.byteLength;
    }
    return done;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    return this.readSync(into, offset);
  }

  close(): void {
    this.#file.close();
  }

  #at(offset: number): Found {
    let low = 0;
    for (let high = this.#records.length; low + 1 < high; ) {
      const middle = (low + high) >>> 1;
      if (this.#records[middle]!.plainAt <= offset) low = middle;
      else high = middle;
    }
    return this.#records[low]!;
  }

  /** All records, by what the file says of their lengths; each is authenticated when it is read. */
  #walk(keys: SealKeys, kind: SealedKind): Found[] {
    const found: Found[] = [];
    const own = idIn(this.#path);
    let seed: Seed | undefined;
    let id = own;
    let number = 0;
    let plainAt = 0;
    let [window, from]: [Buffer, number] = [Buffer.alloc(0), 0];
    const bytesAt = (offset: number, length: number): Buffer => {
      if (offset < from || offset + length > from + window.byteLength) {
        window = Buffer.alloc(Math.min(READ_BYTES, Math.max(0, this.#file.size - offset)));
        from = offset;
        window = window.subarray(0, this.#file.readSync(window, offset));
      }
      return window.subarray(offset - from, offset - from + length);
    };
    for (let at = 0; at < this.#file.size; ) {
      const start = bytesAt(at, LENGTH_BYTES);
      if (start.equals(MAGIC) || start.equals(UNBOUND_MAGIC)) {
        id = start.equals(MAGIC) ? own : UNBOUND;
        seed = seedOf(keys, kind, Buffer.from(bytesAt(at + MAGIC.byteLength, SEED_BYTES)));
        if (seed === undefined) throw this.#damaged(at);
        number = 0;
        at += HEAD_BYTES;
        continue;
      }
      const length = start.byteLength === LENGTH_BYTES ? start.readUInt32LE(0) : 0;
      const isEnd = length >= END;
      const bytes = isEnd ? length - END : length;
      const next = at + LENGTH_BYTES + bytes + TAG_BYTES;
      if (seed === undefined || bytes > RECORD_BYTES || next > this.#file.size || (isEnd && next < this.#file.size)) {
        throw this.#damaged(at);
      }
      found.push({ seed, id, number: number++, offset: at, bytes, plainAt });
      plainAt += bytes;
      if (isEnd) return found;
      at = next;
    }
    throw this.#damaged(this.#file.size);
  }

  #read({ seed, id, number, offset, bytes }: Found): Buffer {
    const stored = Buffer.allocUnsafe(LENGTH_BYTES + bytes + TAG_BYTES);
    const isRead = this.#file.readSync(stored, offset) === stored.byteLength;
    const about = aboutOf(offset, stored.subarray(0, LENGTH_BYTES), id);
    const plain = Buffer.allocUnsafe(bytes);
    const sealed = stored.subarray(LENGTH_BYTES);
    if (!isRead || !openInto(seed.key, nonceOf(number), about, sealed, plain)) throw this.#damaged(offset);
    return plain;
  }

  #damaged(offset: number): GristmillError {
    const message = `${this.#path} is damaged at byte ${offset}: it is not as gristmill sealed it, or its end is missing because an import is writing it or was killed`;
    return new GristmillError('CHECKSUM_MISMATCH', message, { file: this.#path, offset });
  }
}

function aboutOf(offset: number, length: Uint8Array, id: Buffer): Buffer {
  const about = Buffer.alloc(8 + LENGTH_BYTES + id.byteLength);
  about.writeBigUInt64LE(BigInt(offset), 0);
  about.set(length, 8);
  about.set(id, 8 + LENGTH_BYTES);
  return about;
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The last UUID in the name of a file, as bytes: the id of the import that began it. */
function idIn(path: string): Buffer {
  return Buffer.from(basename(path).match(UUID)?.at(-1)?.replaceAll('-', '') ?? '', 'hex');
}

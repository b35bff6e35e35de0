// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Walks over a tar archive from header to header, as its text comes. Data is passed over and not looked at. The archive has
// to end as tars do: with blocks of zero. Another archive may follow them, as where two were joined with `cat`; anything else is an error.

import { GristmillError } from '../../base/errors.js';
import type { Source } from '../source/source.js';
import type { NamedEntry } from './entry-names.js';
import { BLOCK_BYTES, paxRecords, type TarHeader, tarHeader } from './tar-header.js';

/** Largest header of names and the like: some hundred times the longest path of any system. */
const META_BYTES_MAX = 1024 * 1024;

export interface TarEntry extends NamedEntry {
  /** Offset of its first byte, and how many there are. */
  readonly at: number;
  readonly bytes: number;
  /** Whether its data is not that of the file: parts of it are left out. */
  readonly isSparse: boolean;
}

/** What the entries before a file say of it. */
interface Said {
  name?: Buffer | undefined;
  bytes?: number | undefined;
  isSparse?: boolean | undefined;
}

const KINDS: { readonly [type: string]: NamedEntry['kind'] } = {
  '1': 'links',
  '2': 'links',
  '3': 'not regular files',
  '4': 'not regular files',
  '5': 'directory',
  '6': 'not regular files',
};
const FILES = new Set(['0', '7', 'S']);

export class TarWalk {
  readonly #source: Source;
  readonly #passTo: (offset: number) => Promise<void>;
  #at = 0;

  /** @param passTo resolves when the source has come so far, or has ended; nothing before that offset is read again here */
  constructor(source: Source, passTo: (offset: number) => Promise<void>) {
    this.#source = source;
    this.#passTo = passTo;
  }

  /** @throws SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_TRAILING_BYTES; as Source.upTo */
  async *entries(): AsyncGenerator<TarEntry> {
    let said: Said = {};
    let isEnded = false;
    for (let block = await this.#block(); block.byteLength > 0; block = await this.#block()) {
      const begin = this.#at - block.byteLength;
      if (block.every((byte) => byte === 0)) {
        if (said.name ?? said.bytes) throw this.#damaged(begin, 'a header without its entry');
        isEnded = true;
        continue;
      }
      const header = block.byteLength === BLOCK_BYTES ? tarHeader(block) : undefined;
      if (header === undefined)
        throw isEnded ? this.#trailing(begin) : this.#damaged(begin, 'a header with a wrong checksum');
      isEnded = false;
      if (await this.#heard(header, said)) continue;
      yield await this.#entry(header, said);
      said = {};
    }
    if (!isEnded) throw this.truncated();
  }

  /** Takes in a header that is about the entry after it. @returns false for a header of another kind */
  async #heard({ type, bytes }: TarHeader, said: Said): Promise<boolean> {
    if (!/^[xgLK]$/.test(type)) return false;
    const begin = this.#at;
    if (bytes > META_BYTES_MAX) throw this.#damaged(begin, 'a header that is too large');
    const data = Buffer.from(await this.#read(bytes));
    this.#at += paddingOf(bytes);
    if (type === 'L') said.name = data.subarray(0, data.indexOf(0) === -1 ? bytes : data.indexOf(0));
    if (type !== 'x') return true;
    const records = paxRecords(data);
    if (records === undefined) throw this.#damaged(begin, 'a pax header with a fault');
    const size = records.get('size')?.toString();
    said.name = records.get('path') ?? said.name;
    if (size !== undefined) said.bytes = /^\d{1,15}$/.test(size) ? Number(size) : undefined;
    if (size !== undefined && said.bytes === undefined) throw this.#damaged(begin, 'a pax header with a fault');
    said.isSparse = [...records.keys()].some((name) => name.startsWith('GNU.sparse.'));
    return true;
  }

  /** The entry of a header; goes on to what follows its data. */
  async #entry(header: TarHeader, said: Said): Promise<TarEntry> {
    const { type } = header;
    const isSparse = type === 'S' || said.isSparse === true;
    for (let more = type === 'S' && header.isExtended; more; ) more = (await this.#read(BLOCK_BYTES))[504] === 1;
    const kind = FILES.has(type) ? undefined : (KINDS[type] ?? 'not regular files');
    // Links, devices and directories have no data, whatever size is said.
    const bytes = /^[1-6]$/.test(type) ? 0 : (said.bytes ?? header.bytes);
    const at = this.#at;
    this.#at += bytes + paddingOf(bytes);
    return { name: said.name ?? header.name, at, bytes, isSparse, kind };
  }

  /** The next block, or as much of it as there is. */
  async #block(): Promise<Buffer> {
    await this.#passTo(this.#at);
    await this.#source.upTo(this.#at + BLOCK_BYTES);
    if (this.#at > this.#source.end) throw this.truncated();
    const block = Buffer.from(this.#source.bytesAt(this.#at, this.#at + BLOCK_BYTES));
    this.#at += block.byteLength;
    return block;
  }

  async #read(bytes: number): Promise<Uint8Array> {
    await this.#source.upTo(this.#at + bytes);
    const read = this.#source.bytesAt(this.#at, this.#at + bytes);
    if (read.byteLength < bytes) throw this.truncated();
    this.#at += bytes;
    return read;
  }

  /** The error of an archive that ends too early. */
  truncated(): GristmillError {
    const { path, end } = this.#source;
    const message = `${path} ends before its tar archive does, at byte ${end} of its text. Is the copy complete?`;
    return new GristmillError('SOURCE_TRUNCATED', message, { file: path, offset: end });
  }

  #damaged(offset: number, what: string): GristmillError {
    const { path } = this.#source;
    const message = `${path} is damaged: its tar data has ${what}, at byte ${offset} of its text. Get the file again (tar -t checks a copy)`;
    return new GristmillError('SOURCE_DAMAGED', message, { file: path, offset });
  }

  #trailing(offset: number): GristmillError {
    const { path } = this.#source;
    const message = `${path} has bytes after its tar archive that are not tar data, from byte ${offset} of its text on. If they do not belong to it, cut them off. Otherwise get the file again`;
    return new GristmillError('SOURCE_TRAILING_BYTES', message, { file: path, offset });
  }
}

/** Bytes that fill the last block. */
function paddingOf(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

// source > plan > map > [scan > key] > frame > shard > verify > merge > publish
//
// The SIMD kernel seen from TypeScript: a WebAssembly instance (module.ts), its events by name, and views of its memory. One
// instance belongs to one thread. What the kernel cannot or will not decide it hands to the plain twin (`settle`), so that every
// answer, down to the offset of an error, is the twin's.

import { Framing, type ScanOptions } from '../contract.js';
import { encodeEntry } from '../entry.js';
import { type RecordOutcome, readRecord } from '../plain/kernel.js';
import { type BadRun, type BadStretch, readBadRun } from './bad-run.js';
import { type Exports, instantiate } from './module.js';

/** What `next` asks the host to do; numbered as in assembly/contract.ts. */
export const Event = { MORE: 0, FRAME: 1, SPILL: 2, SUSPECT: 3, STOP: 4, END: 5 } as const;

/** Pages in kernel memory lie this far apart (assembly/pages.ts). */
export const PAGE_STRIDE_BYTES = 8176;

/** Room in the window for the frame under way and what is left of the last fill. */
const SPARE_BYTES = 256 * 1024;

/** The longest entry that can be a bound, rounded up. */
const BOUND_BYTES = 2048;

/** The smallest heap: any one entry fits it. */
const HEAP_BYTES_MIN = 4096;

/** The longest name in a path (more fits the kernel's output buffer, where it is handed over). */
const NAME_BYTES_MAX = 65_536;

/** Addresses of linear memory there are. */
const ADDRESSES = 2 ** 32;

/** Sizes of a kernel's memory, in bytes. */
export interface KernelSizes {
  /** Room for entries between two runs; references to them take 2⅔ times as much again. */
  readonly heapBytes: number;
  /** Source bytes taken in at once. Twice as many fit; the memory grows by itself for a larger record. */
  readonly windowBytes: number;
}

/** The name that all records of a source are given; its encoded key must not be longer than keys may be. */
export interface GivenName {
  readonly text: string;
  /** Whether `#` and the number of the record in its source are put behind it. */
  readonly isNumbered: boolean;
}

/** A page as the kernel built it. */
export interface PageBytes {
  readonly bytes: Uint8Array;
  readonly entries: number;
}

export class SimdKernel {
  readonly raw: Exports;
  readonly #windowBytes: number;
  readonly #depthMax: number;
  #bytes: Uint8Array;
  #options: ScanOptions | undefined;
  /** The paths that the kernel has, as text. */
  #paths = '';

  constructor(sizes: KernelSizes, depthMax: number) {
    this.raw = instantiate();
    this.#windowBytes = sizes.windowBytes;
    this.#depthMax = depthMax;
    const windowBytes = 2 * sizes.windowBytes + SPARE_BYTES;
    const isFine = sizes.heapBytes >= HEAP_BYTES_MIN && sizes.heapBytes < ADDRESSES && windowBytes < ADDRESSES;
    if (!isFine || !this.raw.layout(depthMax, sizes.heapBytes, windowBytes)) {
      throw new RangeError(
        `the kernel cannot have a window of ${sizes.windowBytes} bytes and a heap of ${sizes.heapBytes}`,
      );
    }
    this.#bytes = new Uint8Array(this.raw.memory.buffer);
  }

  /** All of the kernel's memory; valid until it grows, so take it anew after `makeRoom`. */
  get bytes(): Uint8Array {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.raw.memory.buffer);
    return this.#bytes;
  }

  /** Begins a span that stands at a boundary. */
  begin(options: ScanOptions, shard: number, frameBytes: number, afterComma: boolean): void {
    if (options.depthMax !== this.#depthMax)
      throw new RangeError(`this kernel was made for a depth of ${this.#depthMax}`);
    this.#options = options;
    this.#givePaths(options);
    const hasPrimary = options.primary === undefined ? 0 : 1;
    const framing = Framing[options.framing];
    this.raw.begin(framing, hasPrimary, options.recordBytesMax, frameBytes, shard, afterComma ? 1 : 0);
  }

  /** Lets go of what is left of the source: another one may be loaded behind the lines there are (`beginNext`). */
  letGo(): void {
    this.raw.letGo();
  }

  /**
   * Goes on with the source that has been loaded since, in the same span: lines, ordinals and entries stay. Its records are
   * named as given, `#` and the number of each behind it where they are numbered.
   */
  beginNext(framing: ScanOptions['framing'], recordBytesMax: number, name?: GivenName): void {
    this.#options = { ...(this.#options as ScanOptions), framing, recordBytesMax };
    const bytes = name === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(name.text).slice(0, -1));
    this.bytes.set(bytes, this.raw.name());
    this.raw.beginNext(Framing[framing], recordBytesMax, bytes.byteLength, name?.isNumbered ? 1 : 0);
  }

  /** The scan stands at file offset `at`, with no bytes yet, and is to stop at the first boundary at or after `stop`. */
  standAt(at: number, stop: number): void {
    this.raw.standAt(at, stop);
  }

  /** The file offset of an address in the part of the window that is not yet scanned. */
  fileOffset(address: number): number {
    return address + this.raw.shift();
  }

  /**
   * Makes room for source bytes after `end`; returns where they go and how many may. That is one window, or half as much
   * as there is of an unfinished record: it is read again from its start every time, so the bytes have to grow with it to
   * take linear time. Beyond the limit of a record one window will do.
   */
  makeRoom(): { readonly at: number; readonly bytes: number } {
    const { raw } = this;
    const unfinished = raw.end() - raw.pos();
    const missing = (this.#options?.recordBytesMax ?? 0) - unfinished;
    const bytes = Math.max(this.#windowBytes, Math.min(unfinished >>> 1, missing));
    this.#compact(0, bytes);
    return { at: raw.end(), bytes };
  }

  /** Makes room for so many source bytes after `end`, moving nothing if there is; returns where they go. */
  makeRoomFor(bytes: number): number {
    const { raw } = this;
    if (raw.end() + bytes > raw.window() + raw.windowBytes()) this.#compact(0, bytes);
    return raw.end();
  }

  /** The frame that is full: its plain text, valid until the next call, and the records in it. */
  frame(): { readonly plain: Uint8Array; readonly records: number } {
    const { raw } = this;
    return { plain: this.bytes.subarray(raw.frameStart(), raw.dst()), records: raw.frameRecords() };
  }

  /** Asks the plain twin about the record at `pos`; offsets in the answer are addresses in kernel memory. */
  settle(isLast: boolean): RecordOutcome {
    const { raw } = this;
    const seen = this.bytes.subarray(0, raw.end());
    return readRecord(seen, raw.pos(), this.#options as ScanOptions, isLast, raw.afterComma() === 1);
  }

  /** Bad records that directly follow a bad one and begin before the file offset `stop`, at most `max`: bad-run.ts. */
  badRun(first: BadStretch, max: number, stop: number): BadRun {
    const { raw } = this;
    return readBadRun(this.bytes, raw.end(), this.#options as ScanOptions, first, max, stop - raw.shift());
  }

  /** Writes a record that the twin accepted. Its entries are the caller's business (`addEntry`), and come first. */
  addLine(line: string): void {
    const { raw } = this;
    const text = Buffer.from(`${line}\n`);
    if (raw.dst() + text.byteLength > raw.pos()) this.#compact(text.byteLength, 0);
    this.bytes.set(text, raw.dst());
    raw.lineAdded(text.byteLength);
  }

  /** Adds one entry of shard and ordinal at hand; false when the heap is full. */
  addEntry(shard: number, index: number, keyHex: string): boolean {
    const { raw } = this;
    const entry = encodeEntry({ shard, ordinal: raw.ordinal(), index, key: Buffer.from(keyHex, 'hex') });
    this.bytes.set(entry, raw.out());
    return raw.addEntries(entry.byteLength, 0, 0) !== 0;
  }

  /** Compacts with a gap before `pos`, in a window that then has `freeBytes` after `end`: a larger one, if need be. */
  #compact(gapBytes: number, freeBytes: number): void {
    const { raw } = this;
    const used = raw.dst() - raw.frameStart() + (raw.end() - raw.pos()) + Math.max(raw.gap(), gapBytes) + freeBytes;
    if (used > raw.windowBytes() && (used >= ADDRESSES || !raw.growWindow(used))) {
      throw new RangeError(`no memory for ${used} bytes of source at once`);
    }
    raw.compact(gapBytes);
  }

  /** Copies a bound for `addEntries` into the window, which must hold no source; its address, or 0 without one. */
  putBound(entry: Uint8Array | undefined, slot: 0 | 1): number {
    if (!entry) return 0;
    const at = this.raw.window() + slot * BOUND_BYTES;
    this.bytes.set(entry, at);
    return at;
  }

  /** Shard and ordinal of each loser of the last dedupe, alternating. */
  losers(count: number): Uint32Array {
    return new Uint32Array(this.bytes.slice(this.raw.losers(), this.raw.losers() + 8 * count).buffer);
  }

  /** The next pages of the index at the cursor; their bytes are valid until the next call. */
  takePages(): PageBytes[] {
    const { raw } = this;
    const view = new DataView(this.bytes.buffer);
    const pages: PageBytes[] = [];
    for (let left = raw.takePages(), at = raw.out(); left > 0; left--, at += PAGE_STRIDE_BYTES) {
      const entries = view.getUint16(at + 10, true);
      const prefixBytes = view.getUint16(at + 12, true);
      const bytes = view.getUint16(at + 16 + prefixBytes + 2 * entries, true);
      pages.push({ bytes: this.bytes.subarray(at, at + bytes), entries });
    }
    return pages;
  }

  #givePaths({ primary, secondary }: ScanOptions): void {
    const paths = JSON.stringify([primary ?? null, secondary]);
    if (paths === this.#paths) return;
    this.raw.clearNodes();
    this.#paths = '';
    const root: PathNode = { children: new Map(), primary: false, secondary: 0 };
    if (primary) descend(root, primary).primary = true;
    secondary.forEach((path, i) => {
      const node = descend(root, path);
      if (node.secondary !== 0) throw new TypeError(`two indexes have the path ${JSON.stringify(path)}`);
      node.secondary = i + 1;
    });
    if (primary || secondary.length > 0) this.#addNode(0, '', root);
    this.#paths = paths;
  }

  #addNode(parent: number, name: string, node: PathNode): void {
    const bytes = generalisedUtf8(name);
    const isFine = bytes.byteLength <= NAME_BYTES_MAX;
    if (isFine) this.bytes.set(bytes, this.raw.out());
    const address = isFine ? this.raw.addNode(parent, bytes.byteLength, node.primary ? 1 : 0, node.secondary) : 0;
    if (address === 0) throw new RangeError('the key paths are longer than a megabyte, or a name in one than 64 KiB');
    for (const [childName, child] of node.children) this.#addNode(address, childName, child);
    this.raw.endNode(address);
  }
}

interface PathNode {
  readonly children: Map<string, PathNode>;
  primary: boolean;
  secondary: number;
}

function descend(root: PathNode, path: readonly string[]): PathNode {
  let node = root;
  for (const name of path) {
    let child = node.children.get(name);
    if (!child) {
      child = { children: new Map(), primary: false, secondary: 0 };
      node.children.set(name, child);
    }
    node = child;
  }
  return node;
}

/** UTF-8, and a lone surrogate as the three bytes its code point would have: so the kernel reads escapes, too. */
function generalisedUtf8(text: string): Uint8Array {
  const characters = Array.from(text, (character) => {
    const code = character.codePointAt(0) as number;
    const isSurrogate = code >> 11 === 0xd800 >> 11;
    if (!isSurrogate) return Buffer.from(character);
    return Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  });
  return Buffer.concat(characters);
}

// source > plan > map > [scan > key] > frame > shard > verify > merge > publish
//
// The SIMD kernel seen from TypeScript: a WebAssembly instance, its events by name, and views of its memory. One instance
// belongs to one thread. What the kernel cannot or will not decide it hands to the plain twin (`settle`), so that every
// answer, down to the offset of an error, is the twin's.

import { readFileSync } from 'node:fs';
import { Framing, type ScanOptions } from './contract.js';
import { type RecordOutcome, readRecord } from './plain.js';

/** What `next` asks the host to do; numbered as in assembly/contract.ts. */
export const Event = { MORE: 0, FRAME: 1, SPILL: 2, SUSPECT: 3, STOP: 4, END: 5 } as const;

/** Pages in kernel memory lie this far apart (assembly/pages.ts). */
export const PAGE_STRIDE_BYTES = 8176;

/** Room in the window for the frame under way and what is left of the last fill. */
const SPARE_BYTES = 256 * 1024;

/** The longest entry that can be a bound, rounded up. */
const BOUND_BYTES = 2048;

interface Exports {
  readonly memory: WebAssembly.Memory;
  layout(depthMax: number, heapBytes: number, windowBytes: number): number;
  growWindow(windowBytes: number): number;
  addNode(parent: number, nameBytes: number, primary: number, secondary: number): number;
  endNode(node: number): void;
  begin(
    framing: number,
    hasPrimary: number,
    recordBytesMax: number,
    frameBytes: number,
    shard: number,
    afterComma: number,
  ): void;
  next(): number;
  compact(gapBytes: number): number;
  loaded(bytes: number, eof: number): void;
  frameTaken(): void;
  resume(pos: number, afterComma: number): void;
  lineAdded(bytes: number): void;
  addEntries(bytes: number, low: number, high: number): number;
  clearEntries(): void;
  sortEntries(): void;
  dedupeEntries(keep: number): number;
  takeRun(limit: number): number;
  takePages(): number;
  nextIndex(): number;
  setStop(stop: number): void;
  out(): number;
  window(): number;
  windowBytes(): number;
  frameStart(): number;
  dst(): number;
  pos(): number;
  end(): number;
  afterComma(): number;
  ordinal(): number;
  frameRecords(): number;
  entries(): number;
  heapBytes(): number;
  losers(): number;
  firstDuplicate(): number;
}

let compiled: WebAssembly.Module | undefined;

/** The compiled module: once a process, and shared with its workers by structured clone. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', import.meta.url)));
  return compiled;
}

/** Sizes of a kernel's memory, in bytes. */
export interface KernelSizes {
  /** Room for entries between two runs; references to them take 2⅔ times as much again. */
  readonly heapBytes: number;
  /** Source bytes taken in at once. Twice as many fit; the memory grows by itself for a larger record. */
  readonly windowBytes: number;
}

/** A page as the kernel built it. */
export interface PageBytes {
  readonly bytes: Uint8Array;
  readonly entries: number;
}

export class SimdKernel {
  readonly raw: Exports;
  readonly #windowBytes: number;
  /** File offset minus address, for bytes not yet scanned. */
  #shift = 0;
  #stop = Number.MAX_SAFE_INTEGER;
  #bytes: Uint8Array;
  #options: ScanOptions | undefined;

  constructor(sizes: KernelSizes, depthMax: number, module = kernelModule()) {
    this.raw = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    this.#windowBytes = sizes.windowBytes;
    if (!this.raw.layout(depthMax, sizes.heapBytes, 2 * sizes.windowBytes + SPARE_BYTES)) {
      throw new RangeError(`the kernel's memory cannot hold a window of ${sizes.windowBytes} bytes`);
    }
    this.#bytes = new Uint8Array(this.raw.memory.buffer);
  }

  /** All of the kernel's memory; valid until it grows, so take it anew after `makeRoom`. */
  get bytes(): Uint8Array {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.raw.memory.buffer);
    return this.#bytes;
  }

  /** Begins a span that stands at a boundary; a kernel serves one set of paths, given with the first span. */
  begin(options: ScanOptions, shard: number, frameBytes: number, afterComma: boolean): void {
    if (this.#options === undefined) this.#addPaths(options);
    this.#options = options;
    const hasPrimary = options.primary === undefined ? 0 : 1;
    const framing = Framing[options.framing];
    this.raw.begin(framing, hasPrimary, options.recordBytesMax, frameBytes, shard, afterComma ? 1 : 0);
  }

  /** The scan stands at file offset `at`, with no bytes yet, and is to stop at the first boundary at or after `stop`. */
  standAt(at: number, stop: number): void {
    this.#shift = at - this.raw.pos();
    this.#stop = stop;
    this.#setStop();
  }

  /** The file offset of an address in the part of the window that is not yet scanned. */
  fileOffset(address: number): number {
    return address + this.#shift;
  }

  /**
   * Makes room for source bytes after `end`; returns where they go and how many may. That is one window, or as much as
   * there is of an unfinished record: it is read again from its beginning every time, so it has to double to take linear
   * time. Beyond the limit of a record one window will do.
   */
  makeRoom(): { readonly at: number; readonly bytes: number } {
    const { raw } = this;
    const unfinished = raw.end() - raw.pos();
    const missing = (this.#options?.recordBytesMax ?? 0) - unfinished;
    const bytes = Math.max(this.#windowBytes, Math.min(unfinished, missing));
    this.#compact(0, bytes);
    return { at: raw.end(), bytes };
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
    const key = Buffer.from(keyHex, 'hex');
    const entry = Buffer.alloc(11 + key.byteLength);
    entry.writeUInt32LE(shard, 0);
    entry.writeUInt32LE(raw.ordinal(), 4);
    entry.writeUInt16LE(key.byteLength + 1, 8);
    entry.writeUInt8(index, 10);
    key.copy(entry, 11);
    this.bytes.set(entry, raw.out());
    return raw.addEntries(entry.byteLength, 0, 0) !== 0;
  }

  /** Compacts with a gap before `pos`, in a window that then has `freeBytes` after `end`: twice as large, if need be. */
  #compact(gapBytes: number, freeBytes: number): void {
    const { raw } = this;
    const used = raw.dst() - raw.frameStart() + (raw.end() - raw.pos()) + gapBytes + freeBytes;
    // The kernel's own gap is a quarter of the window.
    while (used > (raw.windowBytes() >> 2) * 3) {
      if (!raw.growWindow(raw.windowBytes() * 2)) throw new RangeError(`no memory for ${used} bytes of source at once`);
    }
    this.#shift -= raw.compact(gapBytes);
    this.#setStop();
  }

  #setStop(): void {
    // Before address 0: a stop that was passed long ago, in a run of blanks longer than the window.
    this.raw.setStop(Math.max(0, Math.min(this.#stop - this.#shift, 0xffff_ffff)));
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

  /** The next pages of the index at the cursor: copies. */
  takePages(): PageBytes[] {
    const { raw } = this;
    const view = new DataView(this.bytes.buffer);
    const pages: PageBytes[] = [];
    for (let left = raw.takePages(), at = raw.out(); left > 0; left--, at += PAGE_STRIDE_BYTES) {
      const entries = view.getUint16(at + 10, true);
      const prefixBytes = view.getUint16(at + 12, true);
      const bytes = view.getUint16(at + 16 + prefixBytes + 2 * entries, true);
      pages.push({ bytes: this.bytes.slice(at, at + bytes), entries });
    }
    return pages;
  }

  #addPaths(options: ScanOptions): void {
    const root: PathNode = { children: new Map(), primary: false, secondary: 0 };
    if (options.primary) descend(root, options.primary).primary = true;
    options.secondary.forEach((path, i) => {
      descend(root, path).secondary = i + 1;
    });
    if (root.children.size > 0) this.#addNode(0, '', root);
  }

  #addNode(parent: number, name: string, node: PathNode): void {
    const bytes = Buffer.from(name);
    this.bytes.set(bytes, this.raw.out());
    const address = this.raw.addNode(parent, bytes.byteLength, node.primary ? 1 : 0, node.secondary);
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

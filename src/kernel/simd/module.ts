// source > plan > map > [scan > key] > frame > shard > verify > merge > publish
//
// The WebAssembly module of the SIMD kernel: compiled once a process, instantiated once a thread.

import { wasmInstance, wasmModule } from '../../base/wasm-instance.js';

/** What assembly/index.ts exports. Booleans are numbers here; addresses and sizes are never negative. */
export interface Exports {
  readonly memory: WebAssembly.Memory;
  layout(depthMax: number, heapBytes: number, windowBytes: number): number;
  growWindow(windowBytes: number): number;
  clearNodes(capturesMax: number): void;
  addNode(parent: number, nameBytes: number, primary: number, secondary: number): number;
  setPosition(node: number, position: number, arrays: number): void;
  endNode(node: number): void;
  clearComposites(): void;
  addComposite(index: number, components: number): number;
  begin(
    layout: number,
    hasPrimary: number,
    recordBytesMax: number,
    frameBytes: number,
    shard: number,
    afterComma: number,
  ): void;
  ask(asks: number): void;
  hide(isHidden: number): void;
  setSecret(index: number): void;
  hideEntries(): void;
  decide(verdict: number, lineBytes: number): void;
  isHeld(): number;
  heldName(): number;
  heldStart(): number;
  heldEnd(): number;
  letGo(): void;
  beginNext(layout: number, recordBytesMax: number, nameBytes: number, isNumbered: number): void;
  skipNumbers(count: number): void;
  mark(): void;
  takeBack(): void;
  standAt(offset: number, stop: number): void;
  next(): number;
  compact(gapBytes: number): void;
  loaded(bytes: number, eof: number): void;
  countNewlines(at: number, bytes: number): number;
  frameTaken(): void;
  resume(pos: number, afterComma: number): void;
  lineAdded(bytes: number): void;
  addEntries(bytes: number, low: number, high: number): number;
  clearEntries(): void;
  sortEntries(): void;
  dedupeEntries(keep: number): number;
  takeRun(limit: number): number;
  nextIndex(): number;
  takePage(index: number): number;
  pageEntries(): number;
  name(): number;
  out(): number;
  window(): number;
  windowBytes(): number;
  gap(): number;
  shift(): number;
  frameStart(): number;
  dst(): number;
  pos(): number;
  end(): number;
  eof(): number;
  recordBytesMax(): number;
  afterComma(): number;
  ordinal(): number;
  frameRecords(): number;
  entries(): number;
  heapBytes(): number;
  losers(): number;
  firstDuplicate(): number;
}

/** WebAssembly hands integers out signed: what may be 2 GiB and more is made unsigned here, once for all callers. */
const UNSIGNED = [
  ...['name', 'out', 'window', 'windowBytes', 'gap', 'frameStart', 'dst', 'pos', 'end', 'ordinal'],
  ...['heapBytes', 'losers', 'firstDuplicate', 'heldName', 'heldStart', 'heldEnd'],
] as const;

function unsigned(exports: Exports): Exports {
  const getters = UNSIGNED.map((name) => [name, () => exports[name]() >>> 0]);
  return { ...exports, ...Object.fromEntries(getters) };
}

let compiled: WebAssembly.Module | undefined;

export function instantiate(): Exports {
  compiled ??= wasmModule(new URL('./kernel.wasm', import.meta.url));
  return unsigned(wasmInstance(compiled, {}) as unknown as Exports);
}

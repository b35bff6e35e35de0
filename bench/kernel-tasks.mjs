// What the kernel bench times: the kernel driven as a worker drives it, and JSON.parse of each line.

import * as limits from '../dist/src/base/limits.js';
import { Event, SimdKernel } from '../dist/src/kernel/simd/kernel.js';

const NEWLINE = '\n'.charCodeAt(0);

/** A kernel with the sizes of an import; the function scans all of the data and returns the number of records. */
export function scanner(data, key) {
  const { DEPTH_DEFAULT, ENTRY_HEAP_BYTES, FRAME_BYTES, RECORD_BYTES_DEFAULT, WINDOW_BYTES_DEFAULT } = limits;
  const kernel = new SimdKernel({ heapBytes: ENTRY_HEAP_BYTES, windowBytes: WINDOW_BYTES_DEFAULT }, DEPTH_DEFAULT);
  const paths = { framing: 'lines', primary: key.split('.'), secondary: [] };
  const scan = { ...paths, depthMax: DEPTH_DEFAULT, recordBytesMax: RECORD_BYTES_DEFAULT };
  return () => scanAll(kernel, data, scan, FRAME_BYTES);
}

/** What a worker does with a span (src/import/scan/scan-span.ts), without its shard and its runs. */
function scanAll(kernel, data, scan, frameBytes) {
  const { raw } = kernel;
  let position = 0;
  kernel.begin(scan, 1, frameBytes, false);
  kernel.standAt(0, Number.MAX_SAFE_INTEGER);
  for (;;) {
    switch (raw.next()) {
      case Event.MORE: {
        const { at, bytes } = kernel.makeRoom();
        const piece = data.subarray(position, position + bytes);
        kernel.bytes.set(piece, at);
        position += piece.byteLength;
        raw.loaded(piece.byteLength, position === data.byteLength ? 1 : 0);
        break;
      }
      case Event.FRAME:
        raw.frameTaken();
        break;
      case Event.SPILL:
        raw.clearEntries();
        break;
      case Event.SUSPECT:
        settle(kernel, position === data.byteLength);
        break;
      default:
        raw.clearEntries();
        return raw.ordinal();
    }
  }
}

function settle(kernel, isLast) {
  const outcome = kernel.settle(isLast);
  if (outcome.kind !== 'record') throw new Error(`the data of this bench is not what it should be: ${outcome.kind}`);
  for (const [index, key] of outcome.record.keys) kernel.addEntry(1, index, key);
  kernel.raw.resume(outcome.next, outcome.afterComma ? 1 : 0);
  kernel.addLine(outcome.record.line);
}

/** Where each line ends; found beforehand, so that neither way of parsing pays for it. */
export function lineEnds(data) {
  const ends = [];
  for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) ends.push(at);
  return ends;
}

const startOf = (ends, i) => (i === 0 ? 0 : ends[i - 1] + 1);

export const lineStrings = (data, ends) => ends.map((end, i) => data.toString('utf8', startOf(ends, i), end));

/** @returns records that have the key */
export function parseBytes(data, ends, key) {
  let found = 0;
  for (let i = 0; i < ends.length; i++) {
    if (JSON.parse(data.toString('utf8', startOf(ends, i), ends[i]))[key] !== undefined) found++;
  }
  return found;
}

export function parseStrings(strings, key) {
  let found = 0;
  for (const text of strings) if (JSON.parse(text)[key] !== undefined) found++;
  return found;
}

// What the kernel bench times: the kernel driven as a worker drives it, and JSON.parse of each line.

import * as limits from '../dist/src/base/limits.js';
import { SimdKernel } from '../dist/src/kernel/simd/kernel.js';

const SHARD = 1;
const NEWLINE = '\n'.charCodeAt(0);

/** A kernel with the sizes of an import; the function scans all of the data and returns the number of records. */
export function scanner(data, key) {
  const { DEPTH_DEFAULT, ENTRY_HEAP_BYTES, FRAME_BYTES, RECORD_BYTES_DEFAULT, WINDOW_BYTES_DEFAULT } = limits;
  const kernel = new SimdKernel({ heapBytes: ENTRY_HEAP_BYTES, windowBytes: WINDOW_BYTES_DEFAULT }, DEPTH_DEFAULT);
  const paths = { layout: 'ndjson', primary: key.split('.'), secondary: [] };
  const scan = { ...paths, depthMax: DEPTH_DEFAULT, recordBytesMax: RECORD_BYTES_DEFAULT };
  return () => scanAll(kernel, data, scan, FRAME_BYTES);
}

/** What a worker does with a span (src/import/scan/scan-span.ts), without its shard and its runs. */
function scanAll({ window, scanner, entries }, data, scan, frameBytes) {
  let position = 0;
  scanner.begin(scan, SHARD, frameBytes, false);
  scanner.standAt(0, Number.MAX_SAFE_INTEGER);
  scanner.pump({
    fill: () => {
      const { at, bytes } = window.makeRoom();
      const piece = data.subarray(position, position + bytes);
      window.bytes.set(piece, at);
      position += piece.byteLength;
      window.loaded(piece.byteLength, position === data.byteLength);
      return true;
    },
    frame: () => {
      scanner.frameTaken();
      return true;
    },
    spill: () => entries.clear(),
    record: (outcome) => {
      entries.addKeys(SHARD, outcome.record.keys, () => entries.clear());
      scanner.accept(outcome.record.line, outcome);
      return true;
    },
    bad: ({ reason }) => {
      throw new Error(`the data of this bench is not what it should be: ${reason}`);
    },
  });
  entries.clear();
  return scanner.ordinal;
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

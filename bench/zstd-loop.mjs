// The process of bench/zstd.mjs: node zstd-loop.mjs <file> <turns>. Prints what each implementation of zstd here has done.

import { readFileSync } from 'node:fs';
import { loadNapi } from '../dist/src/store/codec/zstd/napi.js';
import { loadNode } from '../dist/src/store/codec/zstd/node.js';
import { loadWasm } from '../dist/src/store/codec/zstd/wasm.js';

const FRAME_BYTES = 32 * 1024;
const LEVEL = 1;
const [file, turns] = process.argv.slice(2);
const text = readFileSync(file);
const pieces = [];
for (let at = 0; at + FRAME_BYTES <= text.byteLength; at += FRAME_BYTES)
  pieces.push(text.subarray(at, at + FRAME_BYTES));
const megabytes = (pieces.length * FRAME_BYTES) / 1e6;

const loaders = [loadNapi, ...('zstdCompressSync' in (await import('node:zlib')) ? [loadNode] : []), loadWasm];
const contestants = loaders.map((load) => {
  const zstd = load();
  const encoder = zstd.encoder(LEVEL);
  const frames = pieces.map((piece) => Buffer.from(encoder.encode(piece)));
  return { zstd, encoder, frames, compressing: [], decompressing: [] };
});
const into = Buffer.alloc(FRAME_BYTES);
for (let turn = 0; turn < Number(turns); turn++) {
  for (const { zstd, encoder, frames, compressing, decompressing } of contestants) {
    compressing.push(secondsOf(pieces, (piece) => encoder.encode(piece)));
    decompressing.push(secondsOf(frames, (frame) => zstd.decompress(into, frame)));
  }
}
const results = contestants.map(({ zstd, frames, compressing, decompressing }) => ({
  ...{ node: process.version, zstd: zstd.name },
  compress: megabytes / median(compressing),
  ratio: (megabytes * 1e6) / frames.reduce((sum, { byteLength }) => sum + byteLength, 0),
  decompress: megabytes / median(decompressing),
  frame_us: (median(decompressing) / pieces.length) * 1e6,
}));
console.log(JSON.stringify(results));

function secondsOf(values, work) {
  const before = process.cpuUsage();
  for (const value of values) work(value);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

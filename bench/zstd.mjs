// Question: what does it cost where zstd-napi is not installed: with the zstd of Node, and with WebAssembly?
// Data: nested and flat as NDJSON, in pieces of 32 KiB, as frames have. Method: a process for each Node, this one and the newest;
// in each, all implementations in turns on one thread. CPU seconds, since other processes may be on the core too; medians.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { newestNode } from '../scripts/other-node.mjs';

const NAMES = ['nested', 'flat'];
const DATA_BYTES_MAX = 32 * 2 ** 20;
const LOOP = fileURLToPath(new URL('zstd-loop.mjs', import.meta.url));
const HEADERS = ['data', 'Node', 'zstd', 'compress, MB/s', 'ratio', 'decompress, MB/s', 'a frame of 32 KiB, µs'];

export const question = 'What does it cost where zstd-napi is not installed?';
export const method =
  'Frames of 32 KiB at level 1, as shards have them; one thread, all implementations in turns, CPU time, medians of the turns.';

export async function run({ bytes, quick, datasets }) {
  const newest = newestNode();
  const nodes = [process.execPath, ...('path' in newest ? [newest.path] : [])];
  const results = [];
  for (const name of NAMES) {
    const file = datasets.file({ name, bytes: Math.min(bytes, DATA_BYTES_MAX), form: 'ndjson' });
    for (const node of nodes) {
      const { stdout, status } = spawnSync(node, [LOOP, file, quick ? '3' : '7'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (status !== 0) throw new Error(`zstd-loop.mjs ended with ${status}`);
      results.push(...JSON.parse(stdout).map((result) => ({ data: name, ...result })));
    }
  }
  return { tables: [{ title: 'one thread', headers: HEADERS, rows: results.map(rowOf) }], bars: [], results };
}

function rowOf({ data, node, zstd, compress, ratio, decompress, frame_us }) {
  return [data, node, zstd, Math.round(compress), ratio.toFixed(2), Math.round(decompress), Math.round(frame_us)];
}

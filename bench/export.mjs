// Question: how fast do records come out, next to the tools that do the codec's part alone?
// Data: nested and flat as NDJSON, imported once each. Method: a process that has the store open and throws the stream away, its
// threads started by the export (export-loop.mjs); beside it, in turns, the tool that does the part of the codec, in one thread:
// `zstd -d` of the same shards for the text, `cat` for copied frames, and for each codec the tool at the same level, where the
// machine has it. The fastest run of each; peak memory, with all threads, is that of all runs.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, atMost, BARS } from './bars.mjs';
import { gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { runProcess } from './harness.mjs';
import { megabytes, rounded } from './report.mjs';

const NAMES = ['nested', 'flat'];
const LOOP = fileURLToPath(new URL('export-loop.mjs', import.meta.url));
const ROUNDS = 3;
const COPIED = 'NDJSON, frames copied';
const HEADERS = [
  'data',
  'export',
  'text MB/s',
  'MB/s of CPU',
  'peak MB',
  'beside it',
  'text MB/s',
  'MB/s of CPU',
  'speed ÷',
];

/** Node's own brotli, since few machines have the tool. */
const BROTLI =
  'const z = require("zlib"); const params = { [z.constants.BROTLI_PARAM_QUALITY]: 5 };' +
  'require("fs").createReadStream(process.argv[1], { highWaterMark: 1 << 20 }).pipe(z.createBrotliCompress({ params })).resume()';

/** What is exported, and what does a part of the same work: `$0` is the directory of the shards, `$1` the source. */
const EXPORTS = [
  { name: 'NDJSON', options: {}, tool: 'zstd', beside: 'cat "$0"/* | zstd -dcq' },
  { name: COPIED, options: { compress: 'zst' }, tool: 'cat', beside: 'cat "$0"/*' },
  { name: 'zst', options: { compress: 'zst', level: 3 }, tool: 'zstd', beside: 'zstd -3 -T1 -cq "$1"' },
  {
    ...{ name: 'zst, one frame', options: { compress: 'zst', singleFrame: true } },
    ...{ tool: 'zstd', beside: 'zstd -3 -T1 -cq "$1"' },
  },
  { name: 'gz', options: { compress: 'gz' }, tool: 'gzip', beside: 'gzip -6 -c "$1"' },
  { name: 'br', options: { compress: 'br' }, tool: 'node', beside: `node -e '${BROTLI}' "$1"` },
  { name: 'array', options: { format: 'array' } },
  { name: 'CSV', options: { format: 'csv' } },
  { name: 'NDJSON, in key order', options: { order: 'key' } },
];

export const question = 'How fast do records come out, next to the tools that do the part of the codec alone?';
export const method =
  'A process that has the store open throws the stream away, in turns with the tool in one thread; the fastest run of each. ' +
  'MB/s are of text; memory is that of the whole process.';

export async function run({ bytes, names, datasets, scratch }) {
  const results = [];
  for (const name of NAMES.filter((name) => names.includes(name))) {
    const folder = mkdtempSync(join(scratch, 'export-'));
    try {
      const store = join(folder, 'store');
      const source = datasets.file({ name, bytes, form: 'ndjson' });
      const { command, args } = gristmillImport(source, store, '--key', datasets.key(name));
      const imported = await runProcess(command, args);
      if (imported.exitCode !== 0) throw new Error(`import of ${name}: ${reasonOf(imported)}`);
      for (const one of EXPORTS) results.push({ data: name, ...(await measure(one, store, source)) });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const ratioOf = (name, data) => results.find((result) => result.name === name && result.data === data)?.ratio;
  const peakOf = (data) => Math.max(...results.filter((result) => result.data === data).map(({ peak }) => peak));
  return {
    tables: [{ title: 'to a null sink', headers: HEADERS, rows: results.map(rowOf) }],
    bars: NAMES.filter((name) => names.includes(name)).flatMap((data) => [
      atLeast(`export, ${data}: speed ÷ \`zstd -d\``, BARS.exportOfZstd, ratioOf('NDJSON', data), '×'),
      atLeast(`export, ${data}, frames copied: speed ÷ \`cat\``, BARS.exportOfCat, ratioOf(COPIED, data), '×'),
      atMost(`export, ${data}: peak memory`, BARS.exportPeakBytes / 1e6, peakOf(data) / 1e6, 'MB'),
    ]),
    results,
  };
}

async function measure({ name, options, tool, beside }, store, source) {
  const text = statSync(source).size;
  const ours = [];
  const theirs = [];
  const hasTool = tool !== undefined && spawnSync(tool, ['--version']).error === undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const run = await succeeding(process.execPath, [LOOP, store, JSON.stringify(options)]);
    ours.push(JSON.parse(run.stdout));
    if (!hasTool) continue;
    const script = `(${beside}) > /dev/null`;
    theirs.push(await succeeding('sh', ['-c', script, join(store, 'shards'), source]));
  }
  const [own, other] = [bestOf(ours, text), hasTool ? bestOf(theirs, text) : undefined];
  const peak = Math.max(...ours.map(({ peakBytes }) => peakBytes));
  return { name, beside: hasTool ? tool : undefined, own, peak, other, ratio: other && own.speed / other.speed };
}

async function succeeding(command, args) {
  const run = await runProcess(command, args);
  if (run.exitCode !== 0) throw new Error(`${args.join(' ')}: ${reasonOf(run)}`);
  return run;
}

function bestOf(runs, text) {
  const least = (of) => Math.min(...runs.map(of));
  return {
    speed: text / 1e6 / least(({ wallSeconds }) => wallSeconds),
    cpuSpeed: text / 1e6 / least(({ cpuSeconds }) => cpuSeconds ?? Number.NaN),
  };
}

function rowOf({ data, name, beside, own, peak, other, ratio }) {
  const shown = other === undefined ? ['–', '–', '–', '–'] : [`\`${beside}\``, ...speeds(other), rounded(ratio)];
  return [data, name, ...speeds(own), megabytes(peak), ...shown];
}

const speeds = ({ speed, cpuSpeed }) => [rounded(speed), rounded(cpuSpeed)];

// Question: what does it cost to import a file compressed as it is, against decompressing it first, and against what people use
// instead? Data: datasets/, NDJSON, compressed by the tools of the system. Method: whole imports by the command line, in turns,
// the source in the page cache; medians. A rival reads the same compressed file.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { archives } from './archives.mjs';
import { atLeast, atMost, BARS } from './bars.mjs';
import { DECOMPRESS, FORMS, hasTool } from './compress.mjs';
import { contender, gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { alternate, summary } from './harness.mjs';
import { megabytes, rounded } from './report.mjs';
import { warm } from './setup.mjs';

const RIVALS = ['duckdb', 'chdb'];
const RIVAL_SECONDS_MAX = 60;
const HEADERS = [
  'source',
  'MB',
  'import s',
  'min–max s',
  'CPU s',
  'peak anon MB',
  'one worker s',
  'tool piped s',
  'tool alone s',
  ...RIVALS.map((name) => `${name} s`),
];
/** Those whose parts are decoded side by side. */
const PARALLEL = ['gz, BGZF', 'gz, 100,000 members', 'bz2'];

export const question =
  'What does a compressed source cost, imported as it is, against decompressing it first, and against what people use instead?';
export const method =
  'Whole imports, in turns, medians. "tool piped" is the tool that decompresses, piped into `gristmill import -`; "tool alone" writes to /dev/null. A rival that does not read the form, or takes more than a minute, has no figure.';

export async function run({ bytes, names, runs, rivalRuns, contenders, datasets, scratch }) {
  const results = [];
  for (const dataset of names) {
    const folder = mkdtempSync(join(scratch, 'sources-'));
    try {
      const source = datasets.file({ name: dataset, bytes, form: 'ndjson' });
      const about = { dataset, key: datasets.key(dataset), folder, runs, rivalRuns, contenders };
      const forms = [await measured({ ...about, name: 'plain', source })];
      for (const [name, { ending, tool, make }] of Object.entries(FORMS)) {
        if (!hasTool(tool)) continue;
        const packed = join(folder, `data.ndjson.${ending}`);
        make(source, packed);
        forms.push(await measured({ ...about, name, source: packed, command: DECOMPRESS[ending.split('.').at(-1)] }));
        rmSync(packed);
      }
      results.push({ dataset, forms });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const files = await archives({ runs, rivalRuns, contenders, scratch });
  return {
    tables: [
      ...results.map(({ dataset, forms }) => ({
        title: `${dataset}, NDJSON`,
        headers: HEADERS,
        rows: forms.map(rowOf),
      })),
      files.table,
    ],
    bars: [...results.flatMap(barsOf), ...files.bars],
    results: { compressed: results, files: files.results },
  };
}

/** One source, imported in every way. @param command decompresses it; absent for a plain file */
async function measured({ dataset, name, source, command, key, folder, runs, rivalRuns, contenders }) {
  await warm(source);
  const out = (of) => join(folder, of);
  const variant = (of, { command: program, args }, rest = {}) => ({
    ...{ name: of, command: program, args, ...rest },
    before: () => rmSync(out(of), { recursive: true, force: true }),
  });
  const variants = [
    variant('import', gristmillImport(source, out('import'), '--key', key)),
    variant('one', gristmillImport(source, out('one'), '--key', key, '--workers', '1')),
  ];
  if (command !== undefined) {
    const { command: node, args } = gristmillImport('-', out('piped'), '--key', key);
    variants.push(
      variant('piped', { command: 'sh', args: ['-c', `${command} "$0" | "$@"`, source, node, ...args] }),
      variant('tool', { command: 'sh', args: ['-c', `${command} "$0" > /dev/null`, source] }),
    );
  }
  for (const rival of RIVALS.filter((one) => contenders.includes(one))) {
    const limits = { runs: rivalRuns, limitSeconds: RIVAL_SECONDS_MAX };
    variants.push(variant(rival, contender(rival, { dataset, form: 'ndjson', source, out: out(rival) }), limits));
  }
  const runsOf = await alternate(variants, runs, ({ name: of }, { wallSeconds }) => {
    console.error(`${dataset} ${name} ${of}: ${rounded(wallSeconds)} s`);
  });
  const broken = runsOf.get('import').find(({ exitCode }) => exitCode !== 0);
  if (broken) throw new Error(`import of ${source}: ${reasonOf(broken)}`);
  const walls = [...runsOf].map(([of, all]) => [
    of,
    all.every(({ exitCode }) => exitCode === 0) ? summary(all.map(({ wallSeconds }) => wallSeconds)) : undefined,
  ]);
  const ours = runsOf.get('import');
  execFileSync('sync');
  return {
    name,
    bytes: statSync(source).size,
    wallSeconds: Object.fromEntries(walls),
    cpuSeconds: summary(ours.map(({ cpuSeconds }) => cpuSeconds)),
    peakAnonBytes: summary(ours.map(({ peakAnonBytes }) => peakAnonBytes)),
  };
}

function rowOf({ name, bytes, wallSeconds, cpuSeconds, peakAnonBytes }) {
  const { median, min, max } = wallSeconds.import;
  const others = ['one', 'piped', 'tool', ...RIVALS].map((of) => wallSeconds[of] && rounded(wallSeconds[of].median));
  return [
    name,
    megabytes(bytes),
    rounded(median),
    `${rounded(min)}–${rounded(max)}`,
    rounded(cpuSeconds?.median),
    megabytes(peakAnonBytes.median),
    ...others,
  ];
}

function barsOf({ dataset, forms }) {
  const of = (name) => forms.find((form) => form.name === name);
  const wall = (form, way = 'import') => form?.wallSeconds[way]?.median;
  const plain = of('plain');
  const [frames, one] = [of('zst, frames of 1 MiB'), of('gz, one member')];
  const what = (name) => `${dataset}, ${name}`;
  const ofTool = (form) => wall(form) / Math.max(wall(form, 'tool'), wall(plain));
  const rivalOf = (form) => Math.min(...RIVALS.map((name) => wall(form, name) ?? Number.POSITIVE_INFINITY));
  return [
    frames &&
      atLeast(
        what('zst of many frames: speed of the tool piped'),
        BARS.framesOfPipe,
        wall(frames, 'piped') / wall(frames),
        '×',
      ),
    one &&
      atMost(
        what('gz of one member: wall ÷ the longer of `gzip -dc` and the plain import'),
        BARS.gzipOfLonger,
        ofTool(one),
        '×',
      ),
    one &&
      atMost(
        what('gz of one member: memory beyond the plain import'),
        BARS.gzipBytesMore,
        (one.peakAnonBytes.median - plain.peakAnonBytes.median) / 1e6,
        'MB',
      ),
    ...PARALLEL.map(of)
      .filter(Boolean)
      .map((form) =>
        atLeast(what(`${form.name}: speed of one worker`), BARS.partsOfOne, wall(form, 'one') / wall(form), '×'),
      ),
    ...forms
      .filter((form) => form !== plain && Number.isFinite(rivalOf(form)))
      .map((form) =>
        atLeast(
          what(`${form.name}: speed of the fastest rival that reads it`),
          BARS.codecOfRival,
          rivalOf(form) / wall(form),
          '×',
        ),
      ),
  ].filter(Boolean);
}

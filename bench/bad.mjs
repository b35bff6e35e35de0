// Question: what do bad records cost? Data: a million commas behind the one record of an array, which are a million bad
// records of a byte each; a million lines of which every tenth is no JSON; and a million good lines. Method: whole imports by
// the command line, in turns, source in the page cache; the ratios are those of neighbouring runs. The bytes of a quarantine
// file are compared with those of the bad records in it.

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, BARS } from './bars.mjs';
import { gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { alternate, reportOf, summary } from './harness.mjs';
import { rounded } from './report.mjs';
import { warm } from './setup.mjs';

const RUNS_MIN = 5;
const RECORDS = 1e6;
const BAD_LINE = '{"id":,"name":"half a record"}\n';
const HEADERS = ['source', 'bad records', 'how', 's', 'min–max s', '÷ good records', 'quarantine ÷ bad bytes'];

export const question = 'What do bad records cost?';
export const method =
  'Whole imports of a million records, in turns; the ratio is the median of the ratios to the neighbouring import of a million good ones.';

export async function run({ runs, scratch }) {
  const folder = mkdtempSync(join(scratch, 'bad-'));
  try {
    const results = await compare(folder, Math.max(RUNS_MIN, runs));
    return {
      data: { bytes: sourceBytes(folder) },
      tables: [{ title: 'wall time of an import of a million records', headers: HEADERS, rows: results.map(rowOf) }],
      bars: results.flatMap(barsOf),
      results,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every source with each way of treating what is bad; the good ones first. */
async function compare(folder, runs) {
  const variants = [];
  for (const [name, { text, badBytes }] of Object.entries(SOURCES)) {
    const source = join(folder, name.replaceAll(' ', '-'));
    writeFileSync(source, text());
    await warm(source);
    for (const how of badBytes === 0 ? ['skip'] : ['skip', 'quarantine']) {
      const out = join(folder, `${variants.length}`);
      const before = () => rmSync(out, { recursive: true, force: true });
      const options = ['--on-bad-record', how, '--max-bad', String(2 * RECORDS), '--max-bad-ratio', '1'];
      variants.push({
        ...gristmillImport(source, out, ...options),
        name: `${name}, ${how}`,
        source: name,
        how,
        out,
        badBytes,
        before,
      });
    }
  }
  const runsOf = await alternate(variants, runs);
  const [good] = runsOf.values();
  return variants.map(({ name, source, how, out, badBytes }) => {
    const all = runsOf.get(name);
    const failed = all.find(({ exitCode }) => exitCode !== 0);
    if (failed) throw new Error(`import of ${name}: ${reasonOf(failed)}`);
    return {
      ...{ source, how, bad: reportOf(all.at(-1)).records.rejected },
      wallSeconds: summary(all.map(({ wallSeconds }) => wallSeconds)),
      ofGood: summary(all.map(({ wallSeconds }, i) => wallSeconds / good[i].wallSeconds)).median,
      quarantined: how === 'quarantine' ? quarantineBytes(out) / badBytes : undefined,
    };
  });
}

const lines = (line) => Array.from({ length: RECORDS }, (_, id) => line(id)).join('');
const goodLine = (id) => `{"id":${id},"name":"a record"}\n`;

const SOURCES = {
  'good lines': { text: () => lines(goodLine), badBytes: 0 },
  'every tenth line bad': {
    text: () => lines((id) => (id % 10 === 0 ? BAD_LINE : goodLine(id))),
    badBytes: (RECORDS / 10) * (BAD_LINE.length - 1),
  },
  'an array of commas': { text: () => `[0${','.repeat(RECORDS)}]`, badBytes: RECORDS },
};

const sourceBytes = (folder) => fileBytes(folder, readdirSync(folder));
const quarantineBytes = (out) => fileBytes(join(out, 'quarantine'), readdirSync(join(out, 'quarantine')));

/** Of those names that are files. */
function fileBytes(directory, names) {
  const stats = names.map((name) => statSync(join(directory, name)));
  return stats.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

function barsOf({ source, how, ofGood, quarantined }) {
  if (source === 'good lines') return [];
  const bars = [atMost(`${source}, ${how}: wall ÷ good records`, BARS.badOfGood, ofGood, '×')];
  const isRun = source === 'an array of commas' && quarantined !== undefined;
  return isRun
    ? [...bars, atMost(`${source}: bytes of quarantine ÷ bad bytes`, BARS.quarantineOfBad, quarantined, '×')]
    : bars;
}

function rowOf({ source, how, bad, wallSeconds: { median, min, max }, ofGood, quarantined }) {
  return [source, bad, how, rounded(median), `${rounded(min)}–${rounded(max)}`, rounded(ofGood), rounded(quarantined)];
}

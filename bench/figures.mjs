// Puts the figures of bench/results/*.json between the markers of docs/performance.md and README.md, and draws the pictures
// of docs/pictures/, so that no figure is ever typed by hand. `npm run bench` does it after a full run; node
// bench/figures.mjs does it alone.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { drawAll } from './pictures.mjs';
import { barTable, markdownTable, provenance, RESULTS } from './report.mjs';

const PERFORMANCE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const README = fileURLToPath(new URL('../README.md', import.meta.url));
/** In the order a reader wants them. */
const BENCHES = [
  ...[
    'import',
    'array',
    'sources',
    'formats',
    'bad',
    'memory',
    'scaling',
    'lookup',
    'transactions',
    'service',
    'nightly',
    'start',
    'verify',
    'export',
    'index-add',
    'encryption',
    'at-rest',
    'schema',
    'kernel',
    'real',
  ],
  ...['warm', 'switch', 'stalls', 'refresh', 'watch', 'cache-memory', 'metrics'],
];
const HEADLINES = ['what', 'gristmill', 'for comparison', 'measured'];

export async function writeFigures() {
  const reports = BENCHES.map((name) => join(RESULTS, `${name}.json`))
    .filter(existsSync)
    .map((path) => JSON.parse(readFileSync(path, 'utf8')));
  const bars = reports.flatMap(({ bars = [] }) => bars);
  replaceBetween(PERFORMANCE, 'bars', bars.length > 0 ? barTable(bars) : '');
  replaceBetween(PERFORMANCE, 'tables', reports.map(section).join('\n\n'));
  replaceBetween(README, 'figures', summary(reports));
  for (const report of reports) await drawAll(report);
}

/** A bench as a section of docs/performance.md. */
function section(report) {
  return [
    `### ${report.name}`,
    `${report.question} ${report.method}`,
    provenance(report),
    ...report.tables.flatMap(({ title, headers, rows }) => [`**${title}**`, markdownTable(headers, rows)]),
    ...(report.pictures ?? []).map(({ name, alt }) => `![${alt}](pictures/${name}.svg)`),
  ].join('\n\n');
}

function summary(reports) {
  // Benches run on different days: each figure has its own.
  const rows = reports.flatMap(({ headlines = [], date }) =>
    headlines.map(([what, ours, other]) => [what, ours, other, date.slice(0, 10)]),
  );
  if (rows.length === 0) return '';
  const newest = reports.filter(({ headlines }) => headlines).sort((one, other) => (one.date < other.date ? 1 : -1))[0];
  return `${markdownTable(HEADLINES, rows)}\n\nThe last of them: ${provenance(newest)}. All of it: [docs/performance.md](docs/performance.md).`;
}

/** @param {string} marker what stands between `<!-- marker -->` and `<!-- /marker -->` is replaced */
function replaceBetween(path, marker, text) {
  const [start, end] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const page = readFileSync(path, 'utf8');
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no place for figures: ${start} … ${end}`);
  const body = text === '' ? '' : `${text}\n`;
  writeFileSync(path, `${page.slice(0, from + start.length)}\n${body}${page.slice(to)}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeFigures();

// Results as people read them (Markdown tables) and as programs do (JSON): bench/results/<name>.md and .json.

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const RESULTS = fileURLToPath(new URL('results', import.meta.url));
/** Runs at other sizes than the full one, out of the way of the record. */
export const TRIALS = join(RESULTS, 'trial');

export function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
  };
}

/** @param {string[]} headers @param {unknown[][]} rows the first column is text, the others are numbers */
export function markdownTable(headers, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell ?? '–').replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${headers.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`;
  return [line(headers), rule, ...rows.map(line)].join('\n');
}

/** A number with as many decimals as its size deserves. */
export function rounded(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

export const megabytes = (bytes) => (bytes === undefined ? '–' : rounded(bytes / 1e6));

export const dataSize = (bytes) =>
  bytes >= 2 ** 30 ? `${+(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;

/** Where and when a report was made, and of what, in one line. */
export function provenance({ date, machine: where, data }) {
  const memory = `${rounded(where.memoryBytes / 2 ** 30)} GiB`;
  return (
    `${date.slice(0, 10)} · ${where.cpu}, ${where.cores} cores, ${memory} · ${where.system} · Node ${where.node} · ` +
    `data of ${dataSize(data.bytes)}`
  );
}

/**
 * @typedef {{ title: string, headers: string[], rows: unknown[][] }} Table
 * @param {string} name
 * @param {{ question: string, method: string, seconds: number, trial: boolean, data: { bytes: number }, tables: Table[],
 *   bars?: import('./bars.mjs').Bar[], headlines?: [what: string, ours: string, other: string][], notes?: string[],
 *   pictures?: import('./pictures.mjs').Picture[], results: unknown }} report
 */
export function writeReport(name, { trial, ...report }) {
  const full = { name, date: new Date().toISOString(), machine: machine(), ...report };
  const { bars = [], notes = [] } = report;
  const markdown = [
    `# ${name}`,
    report.question,
    `${provenance(full)} · took ${report.seconds} s`,
    report.method,
    ...report.tables.flatMap(({ title, headers, rows }) => [`## ${title}`, markdownTable(headers, rows)]),
    ...(bars.length > 0 ? ['## Bars', barTable(bars)] : []),
    ...(notes.length > 0 ? ['## Notes', notes.map((note) => `- ${note}`).join('\n')] : []),
  ].join('\n\n');
  const folder = trial ? TRIALS : RESULTS;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.md`), `${markdown}\n`);
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(full, null, 2)}\n`);
  return markdown;
}

/** @param {readonly import('./bars.mjs').Bar[]} bars */
export function barTable(bars) {
  const rows = bars.map(({ what, bar, measured, met }) => [what, bar, measured, met ? 'yes' : '**no**']);
  return markdownTable(['what', 'bar', 'measured', 'met'], rows);
}

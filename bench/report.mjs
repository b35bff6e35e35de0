// Results as people read them (a Markdown table) and as programs do (JSON): bench/results/<name>.md and .json.

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

const RESULTS = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, 'results');

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

/**
 * @param {string} name
 * @param {{ question: string, data: unknown, tables: { title: string, headers: string[], rows: unknown[][] }[], notes?: string[], results: unknown }} report
 */
export function writeReport(name, { question, data, tables, notes = [], results }) {
  mkdirSync(RESULTS, { recursive: true });
  const date = new Date().toISOString();
  const where = machine();
  const markdown = [
    `# ${name}`,
    question,
    `${date.slice(0, 10)} · ${where.cpu}, ${where.cores} cores, ${megabytes(where.memoryBytes)} MB · ${where.system} · Node ${where.node}`,
    ...tables.flatMap(({ title, headers, rows }) => [`## ${title}`, markdownTable(headers, rows)]),
    ...(notes.length > 0 ? ['## Notes', notes.map((note) => `- ${note}`).join('\n')] : []),
  ].join('\n\n');
  writeFileSync(join(RESULTS, `${name}.md`), `${markdown}\n`);
  writeFileSync(
    join(RESULTS, `${name}.json`),
    `${JSON.stringify({ name, question, date, machine: where, data, results }, null, 2)}\n`,
  );
  return markdown;
}

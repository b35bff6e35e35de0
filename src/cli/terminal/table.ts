// Numbers and tables as a person reads them. Pure functions over values; nothing is printed here.

import stringWidth from 'string-width';

/** Two columns, or more. @param words how many columns are words; those after them are numbers, and stand to the right */
export function alignColumns(rows: readonly (readonly string[])[], indent = '', words = 1): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => stringWidth(row[i] ?? ''))));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i < words ? cell + blanks(cell, widths[i]!) : blanks(cell, widths[i]!) + cell)).join('  '),
  );
  return lines.map((line) => `${indent}${line.trimEnd()}\n`).join('');
}

/** Names on the left, free text on the right. */
export function alignPairs(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([name]) => stringWidth(name)));
  return pairs
    .map(([name, text]) => `${name}${blanks(name, width)}  ${text}`.trimEnd())
    .join('\n')
    .concat('\n');
}

/** What a cell is short of a width, in columns of a terminal: some characters take two, some none. */
function blanks(cell: string, width: number): string {
  return ' '.repeat(width - stringWidth(cell));
}

const BYTE_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `512 B`, `1.5 kB`, `68.2 MB`: powers of 1,000, three digits. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.5 would round to "1000": it belongs to the next unit.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${BYTE_UNITS[unit]}`;
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `0.42 s`, `12.3 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** `310 MB/s`; nothing was measured in no time. */
export function formatRate(bytes: number, seconds: number): string {
  return seconds > 0 ? `${formatBytes(Math.round(bytes / seconds))}/s` : '–';
}

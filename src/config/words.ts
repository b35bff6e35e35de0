// found > [settings] > options
//
// Options as people write them: `64m`, `5s`, `stale:500ms`, `1%`. Read half and write half, twins: what is written for a
// value reads as that value. Pure functions over the rows of the option tables.

import { type KeyPath, keyPathText, readKeyPath } from '../keys/key-path.js';
import { checkedValue, type DataRow } from '../options/check.js';
import type { Freshness } from '../options/freshness.js';
import { definitionOf, type GivenIndex } from '../options/indexes.js';

type Units = Readonly<Record<string, number>>;

/** Powers of 1,024; `MiB` and `MB` mean the same. */
const SIZES: Units = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const TIMES: Units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads the value of an option in a file, a variable or a flag: a text is read as the row wants it, anything else is
 * taken as it is.
 * @param what begins the message
 * @throws TypeError
 */
export function readOption(value: unknown, row: DataRow, what: string): unknown {
  return checkedValue(typeof value === 'string' ? fromWord(value, row, what) : value, row, what);
}

/** What cannot be read stays the word it is, for `checkedValue` to refuse; where that would say less, it is refused here. */
function fromWord(word: string, row: DataRow, what: string): unknown {
  switch (row.type) {
    case 'boolean':
      return { true: true, 1: true, false: false, 0: false }[word] ?? word;
    case 'freshness':
      return freshnessOf(word, what);
    case 'texts':
      return word.split(',').map((text) => text.trim());
    case 'path':
      return readKeyPath(word);
    case 'paths':
      return wordsOf(word).map(readKeyPath);
    case 'indexes':
      return wordsOf(word).map(readIndex);
    case 'integer':
      if (row.unit === 'bytes') return sizeOf(word) ?? refuse(what, 'a size such as 65536, 64k, 64m or 1g', word);
      if (row.unit === 'milliseconds') return timeOf(word) ?? refuse(what, 'a time such as 500ms, 5s or 1m', word);
      return numberOf(word) ?? word;
    case 'number':
      return (row.unit === 'share' ? shareOf(word) : numberOf(word)) ?? word;
    default:
      return word;
  }
}

/** After a comma: a JSON array of strings, a JSON object without objects in it, or what stands before the next comma. */
const NEXT_WORD =
  /,\s*((?:\[\s*"(?:[^"\\]|\\.)*"(?:\s*,\s*"(?:[^"\\]|\\.)*")*\s*\]|\{(?:"(?:[^"\\]|\\.)*"|[^"{}])*\})(?=\s*(?:,|$))|[^,]*)/g;

/** The words in `a,b`, in `a,["b","c"]` and in `a,{"path":"b","unique":true}`. */
function wordsOf(list: string): string[] {
  return Array.from(`,${list}`.matchAll(NEXT_WORD), ([, word]) => word!.trim());
}

/** An index as a path or as a JSON object. What begins with a brace but is none is the name of a member. */
function readIndex(word: string): GivenIndex {
  if (!word.startsWith('{')) return readKeyPath(word);
  try {
    return JSON.parse(word) as GivenIndex;
  } catch {
    return word;
  }
}

function indexText(index: GivenIndex): string {
  const { path, unique } = definitionOf(index);
  return unique === undefined ? keyPathText(path) : JSON.stringify({ path, unique });
}

function refuse(what: string, expected: string, word: string): never {
  throw new TypeError(`${what} must be ${expected}, not ${JSON.stringify(word)}`);
}

/** Bytes of `65536`, `64k`, `64m`, `1.5g`; undefined for anything else. */
export function sizeOf(word: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(word);
  return match === null ? undefined : whole(match[1]!, SIZES[match[2]!.toLowerCase()]!);
}

/** Milliseconds of `500`, `500ms`, `1.5s`, `1m`, `2h`, `30d`; undefined for anything else. */
export function timeOf(word: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/i.exec(word);
  return match === null ? undefined : whole(match[1]!, TIMES[match[2]?.toLowerCase() ?? 'ms']!);
}

/** Rounded, but never to 0, which means something else than a little. */
function whole(digits: string, unit: number): number | undefined {
  const exact = Number(digits) * unit;
  const rounded = Math.round(exact);
  return Number.isSafeInteger(rounded) && (rounded > 0 || exact === 0) ? rounded : undefined;
}

function numberOf(word: string): number | undefined {
  return /^[+-]?(\d+(\.\d+)?|\.\d+|Infinity)$/.test(word) ? Number(word) : undefined;
}

/** `0.01` or `1%`; undefined for anything else. */
export function shareOf(word: string): number | undefined {
  if (!word.endsWith('%')) return numberOf(word);
  const percent = numberOf(word.slice(0, -1));
  return percent === undefined ? undefined : percent / 100;
}

function freshnessOf(word: string, what: string): Freshness {
  if (word === 'immediate' || word === 'warm') return word;
  const age = word.startsWith('stale:') ? timeOf(word.slice('stale:'.length)) : undefined;
  return age === undefined
    ? refuse(what, 'immediate, warm, or stale: with a time, such as stale:500ms', word)
    : { maxStaleMs: age };
}

/** Writes a value so that `readOption` reads it again; an option that is not set is an empty text. */
export function writeOption(value: unknown, row: DataRow): string {
  if (value === undefined) return '';
  if (row.type === 'path') return keyPathText(value as KeyPath);
  if (row.type === 'paths') return (value as readonly KeyPath[]).map(keyPathText).join(',');
  if (row.type === 'indexes') return (value as readonly GivenIndex[]).map(indexText).join(',');
  if (row.type === 'texts') return (value as readonly string[]).join(',');
  if (row.type === 'freshness') {
    return typeof value === 'string' ? value : `stale:${inUnits((value as { maxStaleMs: number }).maxStaleMs, TIMES)}`;
  }
  if (row.type !== 'integer' || row.unit === undefined) return String(value);
  return inUnits(value as number, row.unit === 'bytes' ? SIZES : TIMES);
}

/** In the largest unit of which it is a whole number. */
function inUnits(value: number, units: Units): string {
  const [unit, size] = Object.entries(units).findLast(([, size]) => value % size === 0 && value >= size) ?? ['', 1];
  return `${value / size}${unit}`;
}

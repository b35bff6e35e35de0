// profile > facts, maps > [cells] > table, TypeScript, differences
//
// Short texts about one path, for people.

import type { PathProfile } from '../types.js';
import { exactNumber } from './bounds.js';
import { distinctAt, formatsAt, frequentTokens, presentIn, typeCounts, valuesAt } from './facts.js';
import { shownMembers } from './maps.js';
import { counted, grouped } from './warnings.js';

/** "integer 9,959, string 41". */
export function kindsText(path: PathProfile): string {
  return [...typeCounts(path)].map(([type, count]) => `${type} ${grouped(count)}`).join(', ');
}

/** A part of a whole in percent. It is 100% of all only, and 0% of none only. */
export function percentText(part: number, whole: number): string {
  if (part === whole) return '100%';
  if (part === 0) return '0%';
  const percent = (100 * part) / whole;
  if (percent < 0.1) return '<0.1%';
  return percent > 99.9 ? '>99.9%' : `${percent.toFixed(1)}%`;
}

/** In how many of the objects that could have it a member is. Empty for what is no member. */
export function presenceText(path: PathProfile, objects: number | undefined): string {
  return objects === undefined ? '' : percentText(presentIn(path), objects);
}

/** "64", or "~12,000" where it is estimated: an estimate is some percent off, so it has two digits. */
export function distinctText(path: PathProfile): string {
  const distinct = distinctAt(path);
  if (distinct === undefined) return '';
  return distinct.isEstimate ? `~${grouped(Number(distinct.count.toPrecision(2)))}` : grouped(distinct.count);
}

/** Numbers, formats and sizes: "1 … 9999; date-time; 0 … 5 elements". */
export function rangeText(path: PathProfile): string {
  const { numbers, strings, arrays, objects } = path;
  const parts: string[] = [];
  if (numbers?.least && numbers.greatest) parts.push(between(numberText(numbers.least), numberText(numbers.greatest)));
  if (strings) {
    const format = formatsAt(strings)[0];
    parts.push(format === undefined ? sizes(strings.shortest, strings.longest, 'character') : formatText(format));
  }
  if (arrays) parts.push(sizes(arrays.shortest, arrays.longest, 'element'));
  if (objects && shownMembers(path).kind === 'map') {
    const names = objects.members === undefined ? '' : `${counted(objects.members.size, 'name')}, `;
    parts.push(`map: ${names}${sizes(objects.fewest, objects.most, 'member')}`);
  }
  return parts.join('; ');
}

function formatText(format: string): string {
  return format === 'number' ? 'numbers as strings' : format;
}

const DIGITS_SHOWN_MAX = 40;

/** An exact number, with its first digits only if it has very many. */
function numberText(key: Uint8Array): string {
  const text = String(exactNumber(key));
  return text.length > DIGITS_SHOWN_MAX
    ? `${text.slice(0, DIGITS_SHOWN_MAX)}… (${counted(text.length, 'digit')})`
    : text;
}

function between(least: string, greatest: string): string {
  return least === greatest ? least : `${least} … ${greatest}`;
}

function sizes(least: number, greatest: number, noun: string): string {
  return least === greatest ? counted(least, noun) : `${grouped(least)} … ${counted(greatest, noun)}`;
}

const VALUES_SHOWN = 3;
const CHARACTERS_SHOWN_MAX = 40;

/** `"open" 61.0%, "closed" 39.0%`, or some examples where values are many or hardly repeat. */
export function valuesText(path: PathProfile): string {
  const { values } = path;
  if (values === undefined) return '';
  if (values.counts === undefined) {
    return [...(values.examples ?? []).slice(0, VALUES_SHOWN).map(cut), '…'].join(', ');
  }
  const frequent = frequentTokens(values.counts);
  const shown = frequent.slice(0, VALUES_SHOWN);
  const isRepeated = (shown[0]?.[1] ?? 0) > 1;
  const all = valuesAt(path);
  const texts = shown.map(([token, count]) => (isRepeated ? `${cut(token)} ${percentText(count, all)}` : cut(token)));
  return texts.join(', ') + (frequent.length > VALUES_SHOWN ? ', …' : '');
}

/** A number as it is spelled, and a string with few escapes, however it is spelled. */
function cut(token: string): string {
  const characters = [...(token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token)];
  const isLong = characters.length > CHARACTERS_SHOWN_MAX;
  return isLong ? `${characters.slice(0, CHARACTERS_SHOWN_MAX).join('')}…` : characters.join('');
}

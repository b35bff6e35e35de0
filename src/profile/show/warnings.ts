// profile > facts > [warnings] > JSON Schema, table, JSON
//
// What a person should look at: values that are unlike the others, and numbers that JavaScript rounds.

import { NAMES_MAX, type PathProfile } from '../types.js';
import { mayBeInfinite, typeCounts } from './facts.js';

/** Fewer numbers with a fraction than this part are worth a look: a column of integers has them by mistake, or late. */
const RARE_FRACTIONS_MAX = 0.01;
/** A double tells decimals of so many digits apart. */
const DOUBLE_DIGITS = 17;

/** Sentences without a full stop. None for most paths. */
export function warningsOf(path: PathProfile): readonly string[] {
  return [...minorities(path), ...numberWarnings(path), ...memberWarnings(path)];
}

/** Values of other types than most. Null is no type to be warned of: it means that there is no value. */
function* minorities(path: PathProfile): Generator<string> {
  const counts = [...typeCounts(path)].filter(([type]) => type !== 'null').sort(([, few], [, many]) => many - few);
  const [[most, all] = ['', 0], ...others] = counts;
  for (const [type, count] of others) yield `${counted(count, type)} among ${counted(all, most)}`;
}

function* numberWarnings({ kinds, numbers }: PathProfile): Generator<string> {
  if (numbers === undefined) return;
  const all = kinds.integer + kinds.decimal;
  if (kinds.decimal > 0 && kinds.integer > 0 && kinds.decimal <= RARE_FRACTIONS_MAX * all) {
    yield `${counted(kinds.decimal, 'number')} with a fraction or an exponent among ${counted(kinds.integer, 'integer')}`;
  }
  if (numbers.beyondSafe > 0) yield `${counted(numbers.beyondSafe, 'integer')} beyond 2^53`;
  if (numbers.beyondKeys > 0) {
    yield `${counted(numbers.beyondKeys, 'number')} not in the range: too many digits, or too large an exponent`;
  } else if (mayBeInfinite(numbers)) yield 'numbers beyond the range of a double';
  else if (numbers.beyondSafe === 0 && numbers.digits > DOUBLE_DIGITS) {
    yield `numbers of ${numbers.digits} digits: a double holds ${DOUBLE_DIGITS}`;
  }
}

function* memberWarnings({ repeats, objects, isPartial }: PathProfile): Generator<string> {
  if (repeats > 0) yield `repeated member: ${counted(repeats, 'time')}`;
  if (isPartial) yield 'names not kept: no memory for them';
  else if (objects?.folded !== undefined) yield `names not kept: more than ${grouped(NAMES_MAX)}`;
}

/** A number with its noun: "1 string", "10,000 numbers". */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A count with commas between thousands, whatever the language of the machine is. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

// migration > plan > operations > [retype]
//
// Another kind of value, by the digits and letters that it is spelled with: no number goes through a double.

import { Refusal } from '../failure.js';
import type { ScalarKind } from '../types.js';
import type { ActionOf, Change } from './kind.js';
import { ofValue } from './value-kind.js';

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Longest integer that is made of a number with an exponent. */
const DIGITS_MAX = 1_000;

type Conversion = `${ScalarKind} to ${ScalarKind}`;

/** What can be converted, and how. The texts are tokens of the kind that it is from. */
const CONVERSIONS: { readonly [C in Conversion]?: Change } = {
  'string to number': (token) => matching(NUMBER, token, 'is no number'),
  'string to integer': (token) => matching(INTEGER, token, 'is no integer'),
  'string to boolean': (token) => matching(/^(?:true|false)$/, token, 'is neither true nor false'),
  'number to string': (token) => `"${token}"`,
  'integer to string': (token) => `"${token}"`,
  'boolean to string': (token) => `"${token}"`,
  'integer to number': (token) => token,
  'number to integer': integerOf,
};

export function canConvert(from: ScalarKind, to: ScalarKind): boolean {
  return `${from} to ${to}` in CONVERSIONS;
}

export const retype = ofValue<ActionOf<'retype'>>({
  change: ({ from, to }) => {
    const convert = CONVERSIONS[`${from} to ${to}`]!;
    return (token) => {
      if (token === 'null') return token;
      if (!isOf(token, from)) throw new Refusal('WRONG_KIND', [], `is no ${from}`);
      return convert(token);
    };
  },
  inverse: ({ op, path, from, to }) => ({ op, path, from: to, to: from }),
  canFail: () => true,
  // 1.0 becomes 1.
  isLossless: ({ from, to }) => !(from === 'number' && to === 'integer'),
});

function isOf(token: string, kind: ScalarKind): boolean {
  const first = token.charAt(0);
  if (kind === 'string') return first === '"';
  if (kind === 'boolean') return token === 'true' || token === 'false';
  const isNumber = first === '-' || (first >= '0' && first <= '9');
  return isNumber && (kind === 'number' || INTEGER.test(token));
}

function matching(pattern: RegExp, token: string, what: string): string {
  const text = JSON.parse(token) as string;
  if (!pattern.test(text)) throw new Refusal('NOT_CONVERTIBLE', [], what);
  return text;
}

/** The digits of a whole number, without a fraction and an exponent. */
function integerOf(token: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = PARTS.exec(token)!;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (/^0+$/.test(digits)) return `${sign}0`;
  if (point > DIGITS_MAX) throw new Refusal('NOT_CONVERTIBLE', [], `is an integer of more than ${DIGITS_MAX} digits`);
  if (!/^0*$/.test(digits.slice(Math.max(0, point)))) throw new Refusal('NOT_CONVERTIBLE', [], 'is no integer');
  const integer = digits
    .slice(0, Math.max(0, point))
    .padEnd(point, '0')
    .replace(/^0+(?=\d)/, '');
  return sign + (integer === '' ? '0' : integer);
}

// migration > plan > operations > [values: map, wrap, unwrap]

import { encodeKeyToken } from '../../keys/encode.js';
import { Refusal } from '../failure.js';
import { elementsOf } from '../text/tree.js';
import type { Scalar } from '../types.js';
import type { ActionOf } from './kind.js';
import { ofValue } from './value-kind.js';

export const map = ofValue<ActionOf<'map'>>({
  change: ({ values, otherwise }) => {
    const table = new Map(values.map(([from, to]) => [tokenKey(JSON.stringify(from)), JSON.stringify(to)]));
    const rest = otherwise === undefined ? undefined : JSON.stringify(otherwise);
    return (text) => {
      const key = tokenKey(text);
      const to = (key !== undefined && table.get(key)) || rest;
      if (to === undefined) throw new Refusal('NOT_IN_TABLE', [], 'has a value that the table does not have');
      return to;
    };
  },
  inverse: ({ op, path, values }) => ({ op, path, values: firstOfEach(values.map(([from, to]) => [to, from])) }),
  canFail: ({ otherwise }) => otherwise === undefined,
  // A number can be spelled in many ways, and comes back in one.
  isLossless: ({ values, otherwise }) =>
    otherwise === undefined &&
    values.every(([from]) => typeof from !== 'number') &&
    firstOfEach(values.map(([from, to]) => [to, from])).length === values.length,
});

export const wrap = ofValue<ActionOf<'wrap'>>({
  change: () => (text) => `[${text}]`,
  inverse: ({ path }) => ({ op: 'unwrap', path }),
  canFail: () => false,
  isLossless: () => true,
});

export const unwrap = ofValue<ActionOf<'unwrap'>>({
  change: () => (text) => {
    if (!text.startsWith('[')) throw new Refusal('WRONG_KIND', [], 'is no array');
    const elements = elementsOf(text);
    if (elements.length !== 1) throw new Refusal('WRONG_PARTS', [], `has ${elements.length} elements, and not one`);
    return elements[0]!;
  },
  inverse: ({ path }) => ({ op: 'wrap', path }),
  canFail: () => true,
  isLossless: () => true,
});

/** What two tokens have in common if they are the same value, however they are spelled. Undefined: no scalar. */
export function tokenKey(token: string): string | undefined {
  const first = token.charAt(0);
  if (first === '{' || first === '[') return undefined;
  if (first === '"') return token.includes('\\') ? JSON.stringify(JSON.parse(token)) : token;
  if (first === 't' || first === 'f' || first === 'n') return token;
  const bytes = Buffer.from(token);
  const key = encodeKeyToken(bytes, 0, bytes.length);
  return key instanceof Uint8Array ? Buffer.from(key).toString('latin1') : token;
}

function firstOfEach(pairs: readonly (readonly [Scalar, Scalar])[]): (readonly [Scalar, Scalar])[] {
  const firsts = new Map<string | undefined, readonly [Scalar, Scalar]>();
  for (const pair of pairs) {
    const key = tokenKey(JSON.stringify(pair[0]));
    if (!firsts.has(key)) firsts.set(key, pair);
  }
  return [...firsts.values()];
}

// Random records and migrations that fit them, for the tests of src/evolve.

import type { Migration, Operation, Scalar } from '../../src/evolve/types.js';
import { Profiler } from '../../src/profile/simd/profiler.js';
import type { Profile } from '../../src/profile/types.js';
import { linesOf } from './profile-lines.js';
import { pick, type Random } from './random.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'name', 'ünï', 'a.b', 'a/b', ''];
const TOKENS = ['1', '-0', '1.0', '12345678901234567890', '0.1e+2', 'true', 'false', 'null', '"x"', '"x y"', '""'];
const ODD_TOKENS = [
  ...TOKENS,
  '"\\u0061"',
  '"\\ud800"',
  '"\\"}"',
  '"007"',
  '"1.50"',
  '"a\\\\"',
  `"${'long \\" text '.repeat(9)}"`,
];

/** @param isOdd with repeated members, and escapes that are not needed */
export function randomRecord(random: Random, isOdd: boolean, depth = 3): string {
  const members = Array.from({ length: random(7) }, () => pick(random, NAMES)).filter(
    (name, i, all) => all.indexOf(name) === i || (isOdd && random(6) === 0),
  );
  const spelled = (name: string) =>
    isOdd && random(12) === 0
      ? `"${[...name].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(name);
  return `{${members.map((name) => `${spelled(name)}:${randomValue(random, isOdd, depth - 1)}`).join(',')}}`;
}

export function randomValue(random: Random, isOdd: boolean, depth: number): string {
  const kind = depth > 0 ? random(6) : 5;
  if (kind < 2) return randomRecord(random, isOdd, depth);
  if (kind > 2) return pick(random, isOdd ? ODD_TOKENS : TOKENS);
  return `[${Array.from({ length: random(4) }, () => randomValue(random, isOdd, depth - 1)).join(',')}]`;
}

const TARGETS = [...NAMES, 'f', 'g', 'h', 'i', 'j'];
const KINDS = ['string', 'number', 'integer', 'boolean'] as const;
const CONVERSIONS = KINDS.flatMap((from) => KINDS.map((to) => [from, to] as const)).filter(
  ([from, to]) => from !== to && (from === 'string' || to === 'string' || ![from, to].includes('boolean')),
);
const SCALARS: readonly Scalar[] = [1, true, false, null, 'x', 'x y', '', 'z', 0];

const pointer = (place: readonly string[]) =>
  place.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** An operation whose path is often one that the value has. */
export function randomOperation(random: Random, value: unknown, depth = 0): Operation {
  const place = randomPlace(random, value);
  const path = pointer(place);
  const sibling = () =>
    pick(
      random,
      TARGETS.filter((name) => name !== place.at(-1)),
    );
  const pair = () => [sibling(), sibling()].filter((name, i, all) => all.indexOf(name) === i);
  switch (random(depth > 1 ? 12 : 14)) {
    case 0:
    case 1:
    case 2:
      return { op: 'rename', path, to: sibling() };
    case 3:
      return { op: 'move', path, to: targetOf(random, value, place) };
    case 4:
    case 5:
      return {
        op: 'add',
        path: pointer([...place.slice(0, -1), sibling()]),
        value: pick(random, [null, { z: 1 }, 'new', [1]]),
      };
    case 6:
      return { op: 'remove', path };
    case 7: {
      const froms = SCALARS.filter(() => random(2) === 0);
      const values = (froms.length === 0 ? SCALARS : froms).map((from) => [from, pick(random, SCALARS)] as const);
      return { op: 'map', path, values, ...(random(2) === 0 && { otherwise: 'other' }) };
    }
    case 8: {
      const [from, to] = pick(random, CONVERSIONS);
      return { op: 'retype', path, from, to };
    }
    case 9:
      return { op: pick(random, ['wrap', 'unwrap']), path };
    case 10:
      return {
        op: pick(random, ['nest', 'flatten']),
        path,
        members: random(3) === 0 ? membersAt(value, place) : pair(),
      };
    case 11:
      return random(2) === 0
        ? { op: 'split', path, into: pair(), separator: ' ' }
        : { op: 'merge', path, members: pair(), separator: ' ' };
    default: {
      const elements = valueAt(value, place);
      const inner = Array.isArray(elements) ? pick(random, [...elements, {}]) : {};
      return {
        op: 'each',
        path,
        ops: Array.from({ length: 1 + random(3) }, () => randomOperation(random, inner, depth + 1)),
      };
    }
  }
}

/** Of two paths none may lead through the other. */
function targetOf(random: Random, value: unknown, place: readonly string[]): string {
  for (;;) {
    const target = [...randomPlace(random, value).slice(0, -1), pick(random, TARGETS)];
    const [short, long] = place.length < target.length ? [place, target] : [target, place];
    if (!short.every((name, i) => name === long[i])) return pointer(target);
  }
}

function randomPlace(random: Random, value: unknown): string[] {
  const place: string[] = [];
  for (let at = value; isObject(at); at = at[place.at(-1)!]) {
    const names = Object.keys(at);
    if (names.length === 0 || (place.length > 0 && random(2) === 0)) break;
    place.push(pick(random, names));
  }
  return place.length === 0 || random(8) === 0 ? [...place.slice(0, -1), pick(random, NAMES)] : place;
}

function valueAt(value: unknown, place: readonly string[]): unknown {
  return place.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value);
}

function membersAt(value: unknown, place: readonly string[]): string[] {
  const [at, around] = [valueAt(value, place), valueAt(value, place.slice(0, -1))];
  const names = [at, around].map((one) =>
    isObject(one) ? Object.keys(one).filter((name) => name !== place.at(-1)) : [],
  );
  return names.find((some) => some.length > 0) ?? ['f'];
}

export function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A migration of each operation. */
export function migrationsOf(operations: readonly Operation[]): Migration[] {
  return operations.map((operation, i) => ({ collection: 'c', from: i, to: i + 1, ops: [operation] }));
}

/** Operations one after another, of which nearly all succeed on the record. @param change makes the record of the next version */
export function randomChain(
  random: Random,
  record: string,
  length: number,
  change: (operation: Operation, record: string) => string | undefined,
): Operation[] {
  const chain: Operation[] = [];
  let text = record;
  for (let tries = 0; chain.length < length && tries < 3 * length + 20; tries++) {
    const operation = randomOperation(random, JSON.parse(text));
    const changed = change(operation, text);
    if (changed === undefined && random(200) > 0) continue;
    chain.push(operation);
    text = changed ?? text;
  }
  return chain;
}

const profiler = new Profiler();

/** The profile of records, each one line without white space. */
export function profileOf(records: readonly string[]): Profile {
  profiler.add(linesOf(records));
  return profiler.take();
}

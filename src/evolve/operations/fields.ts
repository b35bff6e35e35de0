// migration file > check > [fields of each operation]

import { parsePath } from '../../keys/paths.js';
import type { Operation, OperationName } from '../types.js';
import { type MemberPlace, memberAt } from './kind.js';
import { canConvert } from './retype.js';
import { tokenKey } from './values.js';

interface Fields {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const fields = (required: readonly string[], optional: readonly string[] = []): Fields => ({ required, optional });

/** The fields of each operation, beside `op`. */
export const FIELDS: { readonly [Name in OperationName]: Fields } = {
  rename: fields(['path', 'to']),
  move: fields(['path', 'to']),
  add: fields(['path', 'value']),
  remove: fields(['path']),
  map: fields(['path', 'values'], ['otherwise']),
  retype: fields(['path', 'from', 'to']),
  split: fields(['path', 'into', 'separator']),
  merge: fields(['path', 'members', 'separator']),
  wrap: fields(['path']),
  unwrap: fields(['path']),
  nest: fields(['path', 'members']),
  flatten: fields(['path', 'members']),
  each: fields(['path', 'ops']),
  call: fields(['name', 'version']),
};

/** Refuses a field, with words that follow its place. */
type Refuse = (field: string, what: string) => never;

/** @param operation has all its fields, and no others. The operations in `each` are not checked. */
export function checkOperation(operation: Operation, refuse: Refuse): void {
  if (operation.op === 'call') {
    if (typeof operation.name !== 'string' || operation.name === '') refuse('name', 'must be the name of a function');
    if (!Number.isSafeInteger(operation.version)) refuse('version', 'must be an integer');
    return;
  }
  const at = checkPath(operation.path, 'path', refuse);
  switch (operation.op) {
    case 'rename':
      if (typeof operation.to !== 'string') refuse('to', 'must be the new name of the member');
      if (operation.to === at.name) refuse('to', 'must be another name');
      break;
    case 'move': {
      const to = checkPath(operation.to, 'to', refuse);
      const [short, long] = at.place.length < to.place.length ? [at.place, to.place] : [to.place, at.place];
      if (short.every((name, i) => name === long[i]))
        refuse('to', 'must not lead through "path", nor "path" through it');
      break;
    }
    case 'add':
      if (!isJson(operation.value)) refuse('value', 'must be a JSON value');
      break;
    case 'map':
      checkTable(operation.values, refuse);
      if (operation.otherwise !== undefined && !isScalar(operation.otherwise)) refuse('otherwise', SCALAR);
      break;
    case 'retype':
      if (!canConvert(operation.from, operation.to)) {
        refuse(
          'to',
          'cannot be made of "from"; there is string to number, integer and boolean, back, and number to integer and back',
        );
      }
      break;
    case 'split':
      checkNames(operation.into, 'into', at.name, refuse);
      checkSeparator(operation.separator, refuse);
      break;
    case 'merge':
      checkNames(operation.members, 'members', at.name, refuse);
      checkSeparator(operation.separator, refuse);
      break;
    case 'nest':
    case 'flatten':
      checkNames(operation.members, 'members', at.name, refuse);
  }
}

function checkPath(path: unknown, field: string, refuse: Refuse): MemberPlace {
  try {
    parsePath(path as string);
  } catch (error) {
    refuse(field, `must be a path: ${(error as Error).message}`);
  }
  return memberAt(path as string);
}

function checkNames(names: readonly string[], field: string, own: string, refuse: Refuse): void {
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string')) {
    refuse(field, 'must be a list of names of members');
  }
  if (new Set(names).size < names.length) refuse(field, 'must have each name once');
  if (names.includes(own)) refuse(field, `must not have the name that "path" has, ${JSON.stringify(own)}`);
}

function checkSeparator(separator: unknown, refuse: Refuse): void {
  if (typeof separator !== 'string' || separator === '') refuse('separator', 'must be a text of one character or more');
}

const SCALAR = 'must be null, true, false, a number or a string';

function checkTable(values: readonly unknown[], refuse: Refuse): void {
  if (!Array.isArray(values) || values.length === 0) refuse('values', 'must be a list of pairs, [from, to]');
  const seen = new Set<string | undefined>();
  for (const [i, pair] of values.entries()) {
    if (!Array.isArray(pair) || pair.length !== 2) refuse(`values/${i}`, 'must be a pair, [from, to]');
    for (const [side, value] of (pair as unknown[]).entries()) {
      if (!isScalar(value)) refuse(`values/${i}/${side}`, SCALAR);
    }
    const key = tokenKey(JSON.stringify((pair as unknown[])[0]));
    if (seen.has(key)) refuse(`values/${i}/0`, 'is there twice');
    seen.add(key);
  }
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function isJson(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isJson);
  const isPlain = Object.prototype.toString.call(value) === '[object Object]';
  return isPlain ? Object.values(value as object).every(isJson) : isScalar(value);
}

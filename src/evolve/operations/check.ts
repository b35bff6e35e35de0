// migration file > [check] > plan
//
// Whether a value is a migration. Each mistake is named with its place in the migration, as a JSON Pointer.

import { GristmillError } from '../../base/errors.js';
import { formatPointer } from '../../keys/paths.js';
import { nearestOf } from '../../options/nearest-name.js';
import type { Migration, Operation } from '../types.js';
import { checkOperation, FIELDS } from './fields.js';

/** Most operations of a migration, those of `each` counted too: more is written by a program, and belongs into several. */
const OPERATIONS_MAX = 10_000;
/** `each` in `each`: deeper than records nest in practice. */
const EACH_DEPTH_MAX = 16;

/**
 * Checks a migration, such as JSON.parse makes of a file.
 * @returns the same value
 * @throws GristmillError BAD_MIGRATION. It names the place in the migration and says what to do.
 */
export function checkMigration(value: unknown): Migration {
  refuseQuestions(value);
  const { collection, from, to, ops } = checkObject(value, '', ['collection', 'from', 'to', 'ops'], []);
  if (typeof collection !== 'string' || collection === '') refuse('/collection', 'must be the name of a collection');
  if (!isVersion(from)) refuse('/from', 'must be a version: an integer, 0 or more');
  if (to !== (from as number) + 1)
    refuse('/to', `must be ${(from as number) + 1}: a migration leads to the next version`);
  checkOperations(ops, '/ops', 1);
  return value as Migration;
}

/** A proposal (diff/diff.ts) is a migration only when its questions are answered. */
function refuseQuestions(value: unknown): void {
  if (!isObject(value) || !Array.isArray(value.questions) || value.questions.length === 0) return;
  const { path, question } = value.questions[0] as { readonly path: unknown; readonly question: unknown };
  refuse('/questions/0', `asks about "${path}": ${question} Put the answer into "ops", and remove "questions"`);
}

/** @param depth 1, or one more in each `each` @returns how many there are */
function checkOperations(value: unknown, at: string, depth: number): number {
  if (!Array.isArray(value) || value.length === 0) return refuse(at, 'must be a list of operations, one at least');
  if (depth > EACH_DEPTH_MAX) return refuse(at, `has more than ${EACH_DEPTH_MAX} operations "each" one in the other`);
  let count = 0;
  for (const [i, operation] of value.entries()) {
    count++;
    const place = `${at}/${i}`;
    const op = nameIn(operation, place);
    const { required, optional } = FIELDS[op];
    checkObject(operation, place, ['op', ...required], optional);
    checkOperation(operation as Operation, (field, what) => refuse(`${place}/${field}`, what));
    const { ops } = operation as { readonly ops?: unknown };
    if (ops !== undefined) count += checkOperations(ops, `${place}/ops`, depth + 1);
    if (count > OPERATIONS_MAX)
      return refuse(at, `has more than ${OPERATIONS_MAX} operations: make several migrations of it`);
  }
  return count;
}

function nameIn(operation: unknown, place: string): Operation['op'] {
  const op: unknown = isObject(operation) ? operation.op : refuse(place, 'must be an operation: an object with "op"');
  if (typeof op === 'string' && Object.hasOwn(FIELDS, op)) return op as Operation['op'];
  const names = Object.keys(FIELDS);
  const nearest = typeof op === 'string' ? nearestOf(op, names) : undefined;
  return refuse(
    `${place}/op`,
    nearest ? `is no operation; did you mean "${nearest}"?` : `must be one of ${names.join(', ')}`,
  );
}

function checkObject(
  value: unknown,
  at: string,
  required: readonly string[],
  optional: readonly string[],
): { readonly [field: string]: unknown } {
  if (!isObject(value)) return refuse(at, `must be an object with ${required.join(', ')}`);
  const known = [...required, ...optional];
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined)
    refuse(at + formatPointer([unknown]), `is not known here; there can be ${known.join(', ')}`);
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) refuse(`${at}/${missing}`, 'is missing');
  return value;
}

function isVersion(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(at: string, what: string): never {
  throw new GristmillError(
    'BAD_MIGRATION',
    `the migration is wrong at ${at === '' ? 'its root' : `"${at}"`}: it ${what}`,
  );
}

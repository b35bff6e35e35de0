// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Errors of documents that have their records inside (import/source/document.ts), with what a person can do about them.

import { GristmillError } from '../../base/errors.js';
import { isWithheld, snippetOf } from '../../base/snippet.js';
import { formatPointer, type Places } from '../../keys/paths.js';
import { nearestOf } from '../../options/nearest-name.js';

/**
 * The error of a document that has nothing at the places of option `select`.
 * @param followed how many of the names on the way led somewhere @param found some that are there instead of the next one
 */
export function nothingThere(file: string, select: Places, followed: number, found: readonly string[]): GristmillError {
  const names = isWithheld() ? [] : found;
  const way = select.slice(0, followed);
  const there = way.length === 0 ? 'its root' : formatPointer(way);
  const missing = select[followed] ?? null;
  const has = names.length === 0 ? '' : `; it has ${names.map(shown).join(', ')}`;
  const nearest = missing === null ? undefined : nearestOf(missing, names);
  const help =
    nearest === undefined
      ? 'Check option select.'
      : `Did you mean option select: '${formatPointer([...way, nearest, ...select.slice(way.length + 1)])}'?`;
  const what = missing === null ? 'no elements or members' : `no ${JSON.stringify(missing)}`;
  const message = `${file} has nothing at ${formatPointer(select)}: ${there} exists, but has ${what}${has}. ${help}`;
  return new GristmillError('SELECT_NOT_FOUND', message, { file });
}

function shown(name: string): string {
  return JSON.stringify(snippetOf(Buffer.from(name), 0));
}

/** The error of a file that has something after its document. */
export function trailingBytes(file: string, offset: number): GristmillError {
  const message = `${file} continues after its JSON document (byte ${offset}). For several values in one file, give option layout: 'ndjson' or option layout: 'values'.`;
  return new GristmillError('SOURCE_TRAILING_BYTES', message, { file, offset });
}

/** The error for a document that ends too early. */
export function endsInside(file: string, offset: number): GristmillError {
  const message = `${file} ends inside its JSON document (byte ${offset}). Is the copy complete?`;
  return new GristmillError('SOURCE_TRUNCATED', message, { file, offset });
}

/** The error for a value in the place of the records that cannot have any. */
export function noContainer(file: string, pointer: Places, offset: number): GristmillError {
  const what = pointer.length === 0 ? 'The document' : `The value at ${formatPointer(pointer)} (option select)`;
  const message = `${what} in ${file} is neither an array nor an object (byte ${offset}).`;
  return new GristmillError('SELECT_NOT_CONTAINER', message, { file, offset });
}

/** @param what was found there */
export function notJson(file: string, offset: number, what: string): GristmillError {
  return new GristmillError('SOURCE_NOT_JSON', `${file} is not valid JSON at byte ${offset}: ${what}.`, {
    file,
    offset,
  });
}

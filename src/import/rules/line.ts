// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// The line of a record: that of one that rules have changed (option `pick`, `omit`), and where a record is in its line.

import { NEWLINE } from '../../kernel/plain/bytes.js';
import { tokenEnd } from '../../kernel/plain/tokens.js';
import type { RecordPlace } from './rules.js';

const KEY = Buffer.from('{"key":');
const VALUE = Buffer.from(',"value":');
const NAMED_END = Buffer.from('}\n');
const END = Uint8Array.of(NEWLINE);

/** The line, newline included, with this text in the place of the record's value. */
export function lineWith(bytes: Uint8Array, { name }: RecordPlace, value: Uint8Array): Buffer {
  if (name === 0) return Buffer.concat([value, END]);
  return Buffer.concat([KEY, bytes.subarray(name, tokenEnd(bytes, name)), VALUE, value, NAMED_END]);
}

/** Where the record is in its line, which has no newline here. */
export function placeIn(line: Uint8Array, isNamed: boolean): RecordPlace {
  if (!isNamed) return { name: 0, start: 0, end: line.byteLength };
  const name = KEY.byteLength;
  return { name, start: tokenEnd(line, name) + VALUE.byteLength, end: line.byteLength - 1 };
}

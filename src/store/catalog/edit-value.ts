// store at rest: [catalog]
//
// Reads the value of an edit. Each put of a record of an import asks whether there is one already, and most are alike: of a
// record that was put. Such a one is read from its bytes as JSON.stringify writes it; any other is parsed.

import type { Edit } from '../edit-types.js';
import { CHECKSUM_BYTES, checksumMatches } from '../files/checksum.js';
import { U32_MAX } from './checks.js';
import { editCheck } from './schema.js';
import { decodeValue } from './values.js';

const WHAT = 'edit of a record';
const PUT = Buffer.from('{"kind":"put"');
const ORIGIN = Buffer.from(',"origin":[');
const [ZERO, NINE, COMMA, END] = ['0', '9', ',', ']'].map((character) => character.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
];
const CLOSE = '}'.charCodeAt(0);

/** @throws GristmillError CHECKSUM_MISMATCH as `decodeValue` */
export function decodeEdit(sealed: Uint8Array, file: string): Edit {
  const edit = putEdit(sealed);
  const isRight = edit !== undefined && checksumMatches(sealed, 0, CHECKSUM_BYTES, sealed.byteLength);
  return isRight && editCheck(edit) === undefined ? edit : decodeValue<Edit>(editCheck, sealed, WHAT, file);
}

/** The edit of a record that was put, if this value is one with nothing else in it but its origin. */
function putEdit(bytes: Uint8Array): Edit | undefined {
  if (!hasAt(bytes, CHECKSUM_BYTES, PUT)) return undefined;
  let at = CHECKSUM_BYTES + PUT.byteLength;
  if (bytes[at] === CLOSE) return at + 1 === bytes.byteLength ? { kind: 'put' } : undefined;
  if (!hasAt(bytes, at, ORIGIN)) return undefined;
  at += ORIGIN.byteLength;
  const origin: [number, number] = [0, 0];
  for (let i = 0; i < 2; i++) {
    const from = at;
    let number = 0;
    for (; bytes[at]! >= ZERO && bytes[at]! <= NINE && number <= U32_MAX; at++)
      number = 10 * number + bytes[at]! - ZERO;
    const isNumber = at > from && (bytes[from] !== ZERO || at === from + 1) && number <= U32_MAX;
    if (!isNumber || bytes[at++] !== (i === 0 ? COMMA : END)) return undefined;
    origin[i] = number;
  }
  return bytes[at] === CLOSE && at + 1 === bytes.byteLength ? { kind: 'put', origin } : undefined;
}

function hasAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  for (let i = 0; i < part.byteLength; i++) if (bytes[at + i] !== part[i]) return false;
  return true;
}

// profile > facts > [bounds] > JSON Schema
//
// The least and the greatest number as JSON Schema has them. A schema is read as JSON, so its numbers become doubles. A bound
// must hold for the numbers as they are spelled, and for the doubles that JSON.parse makes of them. Rounding keeps the order
// of numbers: a double that is not above the least number is not above any of the doubles.

import { decodeKey } from '../../keys/decode.js';
import { compareKeys, encodeKey, encodeKeyToken, type KeyPart } from '../../keys/encode.js';
import { JsonNumber } from '../../keys/json-number.js';
import type { NumberFacts } from '../types.js';

/** Bounds that hold for all numbers at a path. None if some of the numbers are in no extreme. */
export function boundsOf({ least, greatest, beyondKeys }: NumberFacts): { minimum?: number; maximum?: number } {
  if (least === undefined || greatest === undefined || beyondKeys > 0) return {};
  const minimum = nearest(least, -1);
  const maximum = nearest(greatest, 1);
  return { ...(Number.isFinite(minimum) && { minimum }), ...(Number.isFinite(maximum) && { maximum }) };
}

/** The double next to a number on one side: -1 is below it, 1 is above it. The number itself if it is a double. */
function nearest(key: Uint8Array, side: -1 | 1): number {
  const double = Number(decodeKey(key));
  if (!Number.isFinite(double)) return double;
  return compareKeys(encodeKey(double, 'keep'), key) * side >= 0 ? withoutSign(double) : neighbour(double, side);
}

const bits = new BigInt64Array(1);
const doubles = new Float64Array(bits.buffer);

/** The next double on one side. The bits of doubles of one sign, read as integers, have their order. */
function neighbour(double: number, side: -1 | 1): number {
  if (double === 0) return side * Number.MIN_VALUE;
  doubles[0] = double;
  bits[0]! += double > 0 === side > 0 ? 1n : -1n;
  return withoutSign(doubles[0]);
}

/** JSON.stringify writes -0 as 0. */
function withoutSign(double: number): number {
  return double === 0 ? 0 : double;
}

/** A number as JSON has it: its text where a double would be another number. */
export function exactNumber(key: Uint8Array): number | string {
  const value = decodeKey(key) as KeyPart;
  // A bigint may have thousands of digits, nearly all of them zeros.
  return typeof value === 'number' ? value : new JsonNumber(String(value)).text;
}

/** The value of a number or string as spelled. Undefined for a number that no double is. */
export function exactValueOf(token: string): string | number | undefined {
  const value = JSON.parse(token) as string | number;
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return undefined;
  const bytes = Buffer.from(token);
  const key = encodeKeyToken(bytes, 0, bytes.byteLength, 'keep');
  const isExact = key instanceof Uint8Array && compareKeys(encodeKey(value, 'keep'), key) === 0;
  return isExact ? withoutSign(value) : undefined;
}

// record > [line], keys > overlay > pages > transaction
//
// The JSON text of a value that a caller gives. JSON.stringify changes some values without a word: a Date becomes a string, a
// Map an empty object, NaN null. Whoever reads the record back would find debris, so these are refused, with their place. A
// bigint, which it refuses, has a text in JSON: its digits.

import { isAnyArrayBuffer, isDate, isMap, isNativeError, isPromise, isRegExp, isSet } from 'node:util/types';
import { formatPath } from './paths.js';

/** Values nest as deep as this, at most: JSON.stringify finds the cycle in those that nest deeper, or the kernel refuses them. */
const DEPTH_LOOKED_AT = 2_000;

/**
 * @param what names the value in an error, as "a record"
 * @returns the text; the members of an object that are undefined are left out
 * @throws TypeError for what JSON has no text for: it names the place
 */
export function jsonText(value: unknown, what: string): string {
  const text = hasBigint(value, what, []) ? writeExactly(value) : (JSON.stringify(value) as string | undefined);
  if (text === undefined) throw new TypeError(`${what} must be a JSON value, not ${typeof value}`);
  return text;
}

type Place = (string | number)[];

/** Whether there is a bigint somewhere. @param place of the value; as it was when it returns @throws TypeError as `jsonText` */
function hasBigint(value: unknown, what: string, place: Place): boolean {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw refused(what, place, String(value), 'leave it out, or store null or a string');
      return false;
    case 'bigint':
      return true;
    case 'undefined':
    case 'function':
    case 'symbol': {
      const isMember = typeof place.at(-1) === 'string';
      if (place.length > 0 && !(isMember && value === undefined)) {
        throw refused(what, place, typeof value, 'leave it out, or store null');
      }
      return false;
    }
    case 'object':
      return value !== null && place.length < DEPTH_LOOKED_AT && hasBigintInside(value, what, place);
    default:
      return false;
  }
}

function hasBigintInside(value: object, what: string, place: Place): boolean {
  const debris = debrisOf(value);
  if (debris !== undefined) throw refused(what, place, ...debris);
  // What says by itself how it is written.
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  let found = false;
  const isArray = Array.isArray(value);
  const names = isArray ? value : Object.keys(value);
  // A function for each member would be one more on the stack for each level.
  for (let i = 0; i < names.length; i++) {
    const step = isArray ? i : (names[i] as string);
    const member = (value as Record<string | number, unknown>)[step];
    if (isPlain(member)) continue;
    place.push(step);
    found = hasBigint(member, what, place) || found;
    place.pop();
  }
  return found;
}

/** Most are texts and numbers, which need no place. */
function isPlain(value: unknown): boolean {
  return typeof value === 'string' || Number.isFinite(value);
}

/** What an object is of which JSON.stringify makes something else, and what to store instead. */
function debrisOf(value: object): readonly [kind: string, instead: string] | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === Array.prototype || prototype === null) return undefined;
  if (isDate(value)) return ['a Date', 'store date.toISOString() or date.getTime()'];
  if (ArrayBuffer.isView(value) || isAnyArrayBuffer(value)) return ['bytes', 'store a string, such as base64'];
  if (isMap(value)) return ['a Map', 'store Object.fromEntries(map), or an array of its entries'];
  if (isSet(value)) return ['a Set', 'store an array: [...set]'];
  if (isRegExp(value) || isNativeError(value)) return [`a ${value.constructor.name}`, 'store a string'];
  return isPromise(value) ? ['a promise', 'await it first'] : undefined;
}

function refused(what: string, place: Place, kind: string, instead: string): TypeError {
  const where = place.length === 0 ? `is ${kind}` : `has ${kind} at "${formatPath(place.map(String))}"`;
  return new TypeError(`${what} ${where}, and JSON has no such value: ${instead}`);
}

/** As JSON.stringify, with all digits of bigints. */
function writeExactly(value: unknown): string | undefined {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) as string | undefined;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return JSON.stringify(value) as string | undefined;
  if (Array.isArray(value)) return `[${value.map((element) => writeExactly(element) ?? 'null').join(',')}]`;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const text = writeExactly(member);
    return text === undefined ? [] : `${JSON.stringify(name)}:${text}`;
  });
  return `{${members.join(',')}}`;
}

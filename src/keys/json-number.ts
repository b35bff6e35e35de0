// source > plan > map > scan > [key] > frame > shard > verify > merge > publish      lookup: [key] > index page > …
//
// The exact value of a number that neither a JavaScript number nor a bigint can hold: a key may have one.

/** A number as JSON spells it, in its parts. */
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** JavaScript writes a number 0.d₁d₂… × 10^E in full when E lies between these, and with an exponent otherwise. */
const PLAIN_EXPONENT_MIN = -5;
export const PLAIN_EXPONENT_MAX = 21;

const KIND = Symbol.for('gristmill.JsonNumber');

/** `JSON.rawJSON`, which not every version of Node has: what it returns is written by `JSON.stringify` as it stands. */
export const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };

/**
 * An exact decimal number with any number of digits. A read returns a key as a JsonNumber if neither a `number` nor a
 * `bigint` is exact, such as `0.12345678901234567890123`. Every method that takes a key takes a JsonNumber. It is frozen.
 *
 * Equal numbers have equal texts: compare `String(a) === String(b)`. `<` and `>` compare the nearest doubles.
 */
export class JsonNumber {
  /** The number with all its digits, as JavaScript would write it: `7.00` is `7`, `-1E-400` is `-1e-400`. */
  readonly text: string;

  /**
   * @param text the text of a JSON number, such as "0.1".
   * @throws TypeError if the text is not a JSON number.
   */
  constructor(text: string) {
    const parts = typeof text === 'string' ? NUMBER.exec(text) : null;
    if (parts === null) throw new TypeError('JsonNumber needs the text of a JSON number, such as "0.1"');
    const [, sign, whole, fraction = '', spelled = '0'] = parts;
    const digits = (whole + fraction).replace(/^0+/, '');
    // A bigint: two numbers whose exponents are beyond 2^53 must not become one.
    const exponent = BigInt(spelled) + BigInt(digits.length - fraction.length);
    this.text = digits === '' ? '0' : sign + decimalText(digits.replace(/0+$/, ''), exponent);
    Object.freeze(this);
  }

  toString(): string {
    return this.text;
  }

  /**
   * Gives the exact number to `JSON.stringify`, if Node has `JSON.rawJSON` (from version 21 on).
   * @throws TypeError if Node does not have it, as for a bigint: a string would be another key.
   */
  toJSON(): unknown {
    if (rawJSON !== undefined) return rawJSON(this.text);
    throw new TypeError(`JSON.stringify cannot write the number ${this.text} exactly: write String(key) yourself`);
  }

  /** A number of another copy of this package is one as well. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && KIND in value;
  }

  /** `Number(key)` is the nearest double; as a string it has all its digits. */
  [Symbol.toPrimitive](hint: string): string | number {
    return hint === 'number' ? Number(this.text) : this.text;
  }
}

Object.defineProperty(JsonNumber.prototype, KIND, { value: true });

/** 0.digits × 10^exponent, as JavaScript would write it, with all digits. No zero at either end of them. */
function decimalText(digits: string, exponent: bigint): string {
  const at = Number(exponent);
  if (at >= digits.length && at <= Math.max(PLAIN_EXPONENT_MAX, digits.length)) return digits.padEnd(at, '0');
  if (at > 0 && at < digits.length) return `${digits.slice(0, at)}.${digits.slice(at)}`;
  if (at <= 0 && at >= PLAIN_EXPONENT_MIN) return `0.${'0'.repeat(-at)}${digits}`;
  const point = digits.length > 1 ? '.' : '';
  return `${digits[0]}${point}${digits.slice(1)}e${exponent > 0n ? '+' : ''}${exponent - 1n}`;
}

/** The numbers in use, by text, so that one number is one object: caches find it by its identity. */
const known = new Map<string, WeakRef<JsonNumber>>();
const forgotten = new FinalizationRegistry<string>((text) => {
  // There may be a newer object by now.
  if (known.get(text)?.deref() === undefined) known.delete(text);
});

/** The number of a text; the same object for equal numbers, as long as anybody holds it. */
export function sameNumber(text: string): JsonNumber {
  const made = new JsonNumber(text);
  const there = known.get(made.text)?.deref();
  if (there !== undefined) return there;
  known.set(made.text, new WeakRef(made));
  forgotten.register(made, made.text);
  return made;
}

// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The text of a decimal number of 128 bits (IEEE 754-2008, binary integer decimal) as the BSON specification has it: all
// of its digits, also zeros at the end.

const EXPONENT_BIAS = 6176n;
const DIGITS_MAX = 34;
/** A coefficient beyond 34 digits counts as zero. */
const COEFFICIENT_END = 10n ** BigInt(DIGITS_MAX);

export function decimalText(bytes: Buffer, at: number): string {
  const bits = (bytes.readBigUInt64LE(at + 8) << 64n) | bytes.readBigUInt64LE(at);
  const sign = bits >> 127n === 1n ? '-' : '';
  const combination = (bits >> 122n) & 0x1fn;
  if (combination === 0x1fn) return 'NaN';
  if (combination === 0x1en) return `${sign}Infinity`;
  const isLarge = combination >> 3n === 3n;
  const exponent = Number(((bits >> (isLarge ? 111n : 113n)) & 0x3fffn) - EXPONENT_BIAS);
  // The large form has coefficients that no decimal number of 34 digits has.
  const found = isLarge ? COEFFICIENT_END : bits & ((1n << 113n) - 1n);
  const digits = String(found < COEFFICIENT_END ? found : 0n);
  return sign + numberText(digits, exponent);
}

function numberText(digits: string, exponent: number): string {
  const scientific = digits.length - 1 + exponent;
  if (exponent > 0 || scientific < -6) {
    const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
    return `${mantissa}E${scientific < 0 ? '' : '+'}${scientific}`;
  }
  if (exponent === 0) return digits;
  const padded = digits.padStart(1 - exponent, '0');
  return `${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

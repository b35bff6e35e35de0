// Numbers as JSON spells them, compared exactly: an oracle that knows nothing of how keys are stored. A number is an integer
// times a power of ten, and two of them are brought to one power with BigInts.

import fc from 'fast-check';

export interface Decimal {
  readonly units: bigint;
  readonly exponent: number;
}

export function decimalOf(token: string): Decimal {
  const parts = /^(-?\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(token);
  if (parts === null) throw new Error(`${token} is no number`);
  const [, whole, fraction = '', exponent = '0'] = parts;
  const isNegative = token.startsWith('-');
  const units = BigInt((whole + fraction).replace('-', ''));
  return { units: isNegative ? -units : units, exponent: Number(exponent) - fraction.length };
}

/** Negative, 0 or positive, as the first number is less than, equal to or greater than the other. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = [decimalOf(left), decimalOf(right)];
  const least = Math.min(a.exponent, b.exponent);
  const scaled = ({ units, exponent }: Decimal): bigint => units * 10n ** BigInt(exponent - least);
  const difference = scaled(a) - scaled(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const isWhole = (token: string): boolean => {
  const { units, exponent } = decimalOf(token);
  return exponent >= 0 || units % 10n ** BigInt(-exponent) === 0n;
};

/** What a number may be that is not worth more than its kind: spellings of few values, so that equal ones meet. */
const FEW = [
  ...['7', '7.0', '7.00', '7e0', '70e-1', '0.7E1', '0', '-0', '0.0', '-0e5', '-0.5', '-5e-1', '-5E-1'],
  ...[
    '0.1',
    '1e-1',
    '0.1000000000000000055511151231257827',
    '0.1000000000000000055511151231257827021181583404541015625',
  ],
  ...['1e21', '1000000000000000000000', '1e22', '1e23', '99999999999999991611392', '1180591620717411303424'],
  ...[
    '1E400',
    '1e400',
    '10e399',
    '-1E400',
    '1e-400',
    '-1e-400',
    '4e-324',
    '5e-324',
    '1.5e300',
    '1.7976931348623157e308',
  ],
  ...['9007199254740991', '9007199254740992', '9007199254740993', '9007199254740993.0', '9.007199254740993e15'],
  ...[
    '9007199254740992.5',
    '-9007199254740993',
    '12345678901234567890123',
    '123456789012345678901230e-1',
    '1e-7',
    '1e-6',
  ],
];

/** Spellings of JSON numbers of all sizes and lengths. */
export const anyNumber: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...FEW),
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.bigInt({ min: -9n, max: 9n }).map((k) => String(2n ** 53n + k)),
  fc.bigInt({ min: 10n ** 29n, max: 10n ** 30n }).map(String),
  fc.bigInt({ min: -9n, max: 9n }).map((k) => String(k - 10n ** 29n)),
  fc
    .tuple(fc.constantFrom('', '-'), fc.nat(99), fc.stringMatching(/^[0-9]{1,40}$/))
    .map(([s, w, f]) => `${s}${w}.${f}`),
  fc
    .tuple(fc.constantFrom('', '-'), fc.stringMatching(/^[1-9](\.[0-9]{1,20})?$/), fc.integer({ min: -400, max: 400 }))
    .map(([sign, digits, exponent]) => `${sign}${digits}e${exponent}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);

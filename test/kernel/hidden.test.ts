// Goal: where keys are hidden, both kernels make the pseudonyms of exactly the keys that they make otherwise: of composite and
// long keys as a whole, of each index with its own secret, and the twin reads no more records than before.
// Method: records with keys of all types, scanned with and without secrets; pseudonyms of single keys have an oracle of their
// own (test/keys/pseudonyms.test.ts).

import { describe, expect, it } from 'vitest';
import type { ScanOptions } from '../../src/kernel/contract.js';
import { wholeKeys } from '../../src/kernel/plain/capture.js';
import { scanPlain } from '../../src/kernel/plain/kernel.js';
import { pseudonymsOf } from '../../src/keys/pseudonyms.js';
import { optionsFor, utf8 } from '../support/scans.js';
import { scanSpan } from '../support/simd-scan.js';

const SECRETS = Array.from({ length: 5 }, (_, index) => new Uint8Array(32).fill(index + 1));
const VALUES = [
  ...['null', 'true', 'false', '0', '-0.0', '1', '1.0', '10e-1', '-12', '-0.5', '123456789012345678', '1e300', '""'],
  ...[
    '"a"',
    '"\\u0061"',
    '"\\u0000\\u0001"',
    '"ü€𝄞"',
    `"${'x'.repeat(60)}"`,
    `"${'y'.repeat(63)}"`,
    `"${'z'.repeat(500)}"`,
  ],
];
const some: Partial<ScanOptions> = { primary: ['id'], secondary: [['a'], ['b'], [['a'], ['b']], [['b'], ['id']]] };

function hidden(keys: readonly (readonly [number, string])[]) {
  return keys.map(([index, hex]) => [index, hide(index, Buffer.from(hex, 'hex'))]);
}

const hide = (index: number, key: Uint8Array): string =>
  Buffer.from(pseudonymsOf(SECRETS[index]!).of(key)).toString('hex');

describe('hidden keys', () => {
  it('are the pseudonyms of the keys that there would be', () => {
    const lines = VALUES.flatMap((a, i) => VALUES.map((b, j) => `{"id":"${i} ${j}","a":${a},"b":[${b},${a}]}`));
    const source = utf8(lines.join('\n'));
    const plain = scanPlain(source, optionsFor('ndjson', some)).records;
    const expected = plain.map(({ line, keys }) => ({ line, keys: hidden(keys) }));
    const options = optionsFor('ndjson', { ...some, secrets: SECRETS });
    expect(scanPlain(source, options).records.map(({ line, keys }) => ({ line, keys }))).toEqual(expected);
    for (const heapBytes of [8192, 1 << 22]) {
      const scanned = scanSpan(source, options, undefined, { heapBytes });
      expect(scanned.records).toEqual(expected);
      expect(scanned.settled).toBe(0);
    }
  });

  it('of values that are longer than keys may be are those of the whole values', () => {
    const long = 'w'.repeat(5000);
    const texts = [`{"id":1,"a":"${long}1","b":2}`, `{"id":2,"a":"${long}2","b":"${long}"}`];
    const options = optionsFor('ndjson', { ...some, secrets: SECRETS });
    const source = utf8(texts.join('\n'));
    const { records } = scanSpan(source, options);
    expect(records).toEqual(scanPlain(source, options).records.map(({ line, keys }) => ({ line, keys })));
    texts.forEach((text, i) => {
      const [whole] = wholeKeys(text, ['a']);
      expect(records[i]!.keys.filter(([index]) => index === 1)).toEqual([[1, hide(1, whole!)]]);
    });
    expect(records[0]!.keys[1]).not.toEqual(records[1]!.keys[1]);
  });

  it('refuse the primary keys that are refused otherwise', () => {
    const source = utf8(`{"id":"${'w'.repeat(5000)}"}\n{"id":null}\n{"id":[1]}\n{}`);
    const reasons = (secrets: Partial<ScanOptions>) =>
      scanSpan(source, optionsFor('ndjson', { ...some, ...secrets })).bad.map(({ reason }) => reason);
    expect(reasons({ secrets: SECRETS })).toEqual(reasons({}));
  });

  it('of the names of members are hidden too', () => {
    const options = optionsFor('object', { secondary: [['a']], secrets: SECRETS });
    const source = utf8('"ada":{"a":1},"\\u0061da":{"a":2}}');
    const { records } = scanSpan(source, options);
    const [first, second] = records.map(({ keys }) => keys[0]);
    expect(first).toEqual([0, hide(0, Buffer.from(' ada\0'))]);
    expect(second).toEqual(first);
  });

  it('of a scan do not stay so for the next one', () => {
    const source = utf8('{"id":1,"a":2,"b":3}');
    scanSpan(source, optionsFor('ndjson', { ...some, secrets: SECRETS }));
    const options = optionsFor('ndjson', some);
    expect(scanSpan(source, options).records[0]!.keys).toEqual(scanPlain(source, options).records[0]!.keys);
  });
});

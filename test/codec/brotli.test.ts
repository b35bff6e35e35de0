// Goal: a Brotli file with a larger window than the limit is refused by its first byte. Method: files with every window.
// @node all: it calls the inside of Node's zlib

import { brotliCompressSync, constants } from 'node:zlib';
import { expect, test } from 'vitest';
import { decode, jsonLines, LIMITS, whole } from '../support/decoding.js';

test('windows up to the limit are read, larger ones are refused', async () => {
  const plain = jsonLines(100_000);
  for (let log = constants.BROTLI_MIN_WINDOW_BITS; log <= constants.BROTLI_MAX_WINDOW_BITS; log++) {
    const params = { [constants.BROTLI_PARAM_LGWIN]: log, [constants.BROTLI_PARAM_QUALITY]: 5 };
    const file = brotliCompressSync(plain, { params });
    expect((await decode('brotli', file, whole, { ...LIMITS, memoryMax: 2 ** log })).equals(plain)).toBe(true);
    const refused = decode('brotli', file, whole, { ...LIMITS, memoryMax: 2 ** log - 1 });
    await expect(refused).rejects.toMatchObject({
      code: 'SOURCE_EXPANDS',
      message: expect.stringContaining(`needs ${2 ** log} bytes of memory`),
    });
  }
});

// Goal: every gzip file that gzip reads is read, and every one that it refuses is refused. Method: members with each field of
// RFC 1952, built by hand around Node's deflate.
// @node all: it calls the inside of Node's zlib

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decode, jsonLines, piecesOf, whole } from '../support/decoding.js';
import { type Fields, FLAG, member } from '../support/gzip-members.js';

describe('gzip', () => {
  const plain = jsonLines(3000);

  test('reads headers with any optional fields', async () => {
    for (let flags = 0; flags < 32; flags++) {
      for (const [bytes, pieces] of [[flags * 2000, whole] as const, [flags * 100, piecesOf(1)] as const]) {
        const extra = Buffer.alloc(bytes, 'e');
        const file = Buffer.concat([member(plain, { flags, extra }), member(plain, { flags, extra })]);
        expect((await decode('gzip', file, pieces)).equals(Buffer.concat([plain, plain])), `flags ${flags}`).toBe(true);
      }
    }
  });

  test.each([
    ['the checksum of its plain bytes', { checksum: 1 }, 'a member with a wrong checksum'],
    ['the length of its plain bytes', { length: 1 }, 'a member with a wrong length'],
    ['the checksum of its header', { flags: FLAG.checksum, headerChecksum: 1 }, 'a header with a wrong checksum'],
    ['the method', { method: 7 }, 'a header with an unknown method'],
    ['the flags', { flags: FLAG.reserved }, 'unknown flags'],
  ])('a member that is wrong about %s is damaged', async (_, fields: Fields, text) => {
    for (const before of [Buffer.alloc(0), member(plain)]) {
      const decoding = decode('gzip', Buffer.concat([before, member(plain, fields), member(plain)]), piecesOf(100));
      await expect(decoding).rejects.toMatchObject({ code: 'SOURCE_DAMAGED', message: expect.stringContaining(text) });
    }
  });

  test('headers of members inside the data are data', async () => {
    const inner = Buffer.concat([gzipSync(plain), gzipSync(plain), member(plain)]);
    const stored = gzipSync(inner, { level: 0 });
    expect(
      (await decode('gzip', Buffer.concat([stored, stored]), piecesOf(7))).equals(Buffer.concat([inner, inner])),
    ).toBe(true);
  });

  test('a file that ends inside a header or a trailer is cut off', async () => {
    const one = member(plain, { flags: FLAG.extra | FLAG.name | FLAG.comment | FLAG.checksum });
    for (let end = one.byteLength + 1; end < one.byteLength + 45; end++) {
      const decoding = decode('gzip', Buffer.concat([one, one]).subarray(0, end));
      await expect(decoding).rejects.toMatchObject({ code: 'SOURCE_TRUNCATED', offset: end });
    }
  });
});

// Goal: a compressed source is recognised, and nothing else is taken for one. Method: files of each form, JSON, and their first
// bytes alone.

import { expect, test } from 'vitest';
import { CODEC_HEAD_BYTES, codecOf } from '../../src/import/codec/recognise.js';
import { HERE } from '../support/compressed-forms.js';

const MAGIC = {
  gzip: '1f8b',
  zstd: '28b52ffd',
  bzip2: '425a68',
  xz: 'fd377a585a00',
  lz4: '04224d18',
} as const;

test.each(HERE)('$codec files are recognised by their first bytes, whatever their name', ({ codec, compress }) => {
  const head = compress(Buffer.from('{}')).subarray(0, CODEC_HEAD_BYTES);
  if (codec === 'brotli') return;
  for (const path of ['a.json', 'a', 'a.br', 'a.gz']) expect(codecOf(path, head)).toBe(codec);
});

test.each(Object.entries(MAGIC))('%s needs all of its first bytes', (codec, hex) => {
  const magic = Buffer.from(hex, 'hex');
  expect(codecOf('a', magic)).toBe(codec);
  expect(codecOf('a', Buffer.concat([magic, Buffer.from('rest')]))).toBe(codec);
  for (let end = 0; end < magic.byteLength; end++) expect(codecOf('a', magic.subarray(0, end))).toBeUndefined();
});

test('skippable frames of zstd begin a zstd file', () => {
  for (let kind = 0; kind < 16; kind++) expect(codecOf('a', Buffer.from([0x50 + kind, 0x2a, 0x4d, 0x18]))).toBe('zstd');
  expect(codecOf('a', Buffer.from([0x60, 0x2a, 0x4d, 0x18]))).toBeUndefined();
});

test('Brotli is recognised by the name', () => {
  for (const path of ['a.json.br', '/x/A.BR']) expect(codecOf(path, Buffer.from('whatever'))).toBe('brotli');
  for (const path of ['a.json', 'a.br.json', 'abr', 'br'])
    expect(codecOf(path, Buffer.from('whatever'))).toBeUndefined();
});

test('JSON and other text is not compressed', () => {
  for (const text of ['', '{"a":1}', '[1]', '  \n', '"BZ"', 'BZ', '\u{feff}[]', '0']) {
    expect(codecOf('a.json', Buffer.from(text))).toBeUndefined();
  }
});

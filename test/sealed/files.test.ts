// Goal: the files of an encrypted store beside its shards (runs, rejected records, texts, quarantine files, journals, the hot
// set, ends of joined files) give back what was put into them, and nothing at all when a byte of them is another one.
// Method: files of every length around a chunk are written in pieces, and read at random places; the oracle is a Buffer. Chunks
// and records are opened by node:crypto alone, by the documented format. Then bytes are flipped, cut, swapped and repeated.

import { createDecipheriv, hkdfSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { SealKeys } from '../../src/store/seal/types.js';
import { openBox, sealBox } from '../../src/store/sealed/box.js';
import { CHUNK_BYTES, chunkedBytes } from '../../src/store/sealed/chunks.js';
import { filesOf } from '../../src/store/sealed/files.js';
import { scratch } from '../support/import-files.js';
import { randomFrom } from '../support/random.js';
import { newSealKeys } from '../support/sealed.js';

const keys = newSealKeys();
const random = randomFrom(7);
const DAMAGE = expect.objectContaining({ code: 'CHECKSUM_MISMATCH' });
const KINDS = ['run', 'quarantine file'] as const;
const LENGTHS = [0, 1, 100, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17];

function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = random(256);
  return bytes;
}

function write(path: string, kind: string, bytes: Buffer, seal: SealKeys = keys, piece = 1 + random(90_000)) {
  const file = filesOf(seal).create(path, kind);
  for (let at = 0; at < bytes.byteLength; at += piece) file.append(bytes.subarray(at, at + piece));
  file.close();
  expect(file.size).toBe(readFileSync(path).byteLength);
}

function read(path: string, kind: string, seal: SealKeys = keys): Buffer {
  const file = filesOf(seal).open(path, kind);
  try {
    const bytes = Buffer.alloc(file.size);
    expect(file.readSync(bytes, 0)).toBe(file.size);
    return bytes;
  } finally {
    file.close();
  }
}

test.each(KINDS)('%s: what is read is what was written, at any place', (kind) => {
  for (const length of LENGTHS) {
    const path = join(scratch(), 'file');
    const bytes = bytesOf(length);
    write(path, kind, bytes);
    expect(read(path, kind).equals(bytes)).toBe(true);
    if (kind === 'run') expect(readFileSync(path).byteLength).toBe(chunkedBytes(length));
    const file = filesOf(keys).open(path, kind);
    expect(file.size).toBe(length);
    for (let i = 0; i < 50; i++) {
      const from = random(length + 10);
      const part = Buffer.alloc(random(70_000));
      const done = file.readSync(part, from);
      expect(part.subarray(0, done).equals(bytes.subarray(from, from + part.byteLength))).toBe(true);
    }
    file.close();
  }
});

test('chunks are as docs/format.md draws them', () => {
  const path = join(scratch(), 'file');
  const bytes = bytesOf(CHUNK_BYTES + 1000);
  write(path, 'run', bytes);
  const stored = readFileSync(path);
  expect([stored.toString('latin1', 0, 4), [...stored.subarray(4, 8)]]).toEqual(['GRSC', [1, 0, 1, 0]]);
  const info = Buffer.concat([Buffer.from('gristmill file 1 run'), keys.storeId]);
  const key = Buffer.from(hkdfSync('sha256', keys.dataKeys[0]!.key, stored.subarray(8, 40), info, 32));
  const plain = [0, 1].map((index) => {
    const chunk = stored.subarray(40 + index * (CHUNK_BYTES + 16), index === 0 ? 40 + CHUNK_BYTES + 16 : undefined);
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from([index, 0, 0, 0, index, 0, 0, 0, 0, 0, 0, 0]), {
      authTagLength: 16,
    });
    decipher.setAAD(Buffer.from(`GRSC${basename(dirname(path))}/file`));
    decipher.setAuthTag(chunk.subarray(-16));
    return Buffer.concat([decipher.update(chunk.subarray(0, -16)), decipher.final()]);
  });
  expect(Buffer.concat(plain).equals(bytes)).toBe(true);
});

test.each(KINDS)('%s: any flipped byte, and any shorter or longer file, is refused', (kind) => {
  const path = join(scratch(), 'file');
  write(path, kind, bytesOf(150), keys, 50);
  const whole = readFileSync(path);
  for (let at = 0; at < whole.byteLength; at++) {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 1 << (at % 8);
    writeFileSync(path, bytes);
    expect(() => read(path, kind), `byte ${at}`).toThrow(DAMAGE);
  }
  for (let length = 0; length < whole.byteLength; length++) {
    writeFileSync(path, whole.subarray(0, length));
    expect(() => read(path, kind), `${length} bytes`).toThrow(DAMAGE);
  }
  writeFileSync(path, Buffer.concat([whole, Buffer.alloc(1)]));
  expect(() => read(path, kind)).toThrow(DAMAGE);
});

test('chunks that are swapped, repeated or missing, and those of another file, are refused', () => {
  const directory = scratch();
  const [path, other] = [join(directory, 'file'), join(directory, 'other')];
  for (const one of [path, other]) write(one, 'run', bytesOf(3 * CHUNK_BYTES));
  const whole = readFileSync(path);
  const [head, ...chunks] = [0, 1, 2, 3].map((i) =>
    i === 0 ? whole.subarray(0, 40) : whole.subarray(40 + (i - 1) * (CHUNK_BYTES + 16), 40 + i * (CHUNK_BYTES + 16)),
  ) as [Buffer, Buffer, Buffer, Buffer];
  const [first, second, last] = chunks as [Buffer, Buffer, Buffer];
  const strange = readFileSync(other).subarray(40, 40 + CHUNK_BYTES + 16);
  for (const parts of [
    [second, first, last],
    [first, first, last],
    [first, last],
    [first, second],
    [strange, second, last],
  ]) {
    writeFileSync(path, Buffer.concat([head, ...parts]));
    expect(() => read(path, 'run')).toThrow(DAMAGE);
  }
});

test('a run that was whole once is read piece by piece, and refused as soon as it is not', () => {
  const path = join(scratch(), 'file');
  const bytes = bytesOf(3 * CHUNK_BYTES + 17);
  write(path, 'run', bytes);
  const whole = readFileSync(path);
  const inPieces = (seal: SealKeys, damagedChunk?: number): void => {
    const file = filesOf(seal).open(path, 'run');
    const part = Buffer.alloc(100);
    try {
      // The chunk before and after one that cannot be read gives what it gave.
      for (const chunk of [0, 1, 0, 2, 1, 3, 2]) {
        const reading = () => file.readSync(part, chunk * CHUNK_BYTES);
        if (chunk === damagedChunk) {
          expect(reading).toThrow(DAMAGE);
          continue;
        }
        const from = bytes.subarray(chunk * CHUNK_BYTES);
        expect(reading()).toBe(Math.min(100, from.byteLength));
        expect(part.subarray(0, from.byteLength).equals(from.subarray(0, 100))).toBe(true);
      }
    } finally {
      file.close();
    }
  };
  inPieces(keys);
  inPieces(keys);
  const flipped = Buffer.from(whole);
  flipped[40 + 2 * (CHUNK_BYTES + 16)]! ^= 1;
  writeFileSync(path, flipped);
  inPieces(keys, 2);
  for (const length of [40 + 3 * (CHUNK_BYTES + 16), 40 + CHUNK_BYTES + 16, 41, 40, 39, 0]) {
    writeFileSync(path, whole.subarray(0, length));
    expect(() => inPieces(keys)).toThrow(DAMAGE);
  }
  writeFileSync(path, whole);
  inPieces(keys);
  const other = { ...keys, dataKeys: [{ number: 1, key: Buffer.alloc(32, 9) }] };
  expect(() => inPieces(other)).toThrow(DAMAGE);
  inPieces(keys);
});

test('a file of another kind, another store or another key is refused', () => {
  const path = join(scratch(), 'file');
  write(path, 'run', bytesOf(10));
  expect(() => read(path, 'text')).toThrow(DAMAGE);
  for (const wrong of [newSealKeys(), { ...keys, storeId: newSealKeys().storeId }, { ...keys, dataKeys: [] }])
    expect(() => read(path, 'run', wrong)).toThrow(DAMAGE);
});

test('a quarantine file is continued after any of its records, by another writer and with another key', () => {
  const path = join(scratch(), 'file');
  const parts = [bytesOf(10), bytesOf(100_000), bytesOf(7)];
  const file = filesOf(keys).create(path, 'quarantine file');
  const ends = parts.map((part) => {
    file.append(part);
    return file.size;
  });
  const newer: SealKeys = { ...keys, active: 2, dataKeys: [...keys.dataKeys, { number: 2, key: bytesOf(32) }] };
  // Its writer was killed: nothing ends it.
  expect(() => read(path, 'quarantine file')).toThrow(DAMAGE);
  const unfinished = readFileSync(path);
  ends.forEach((end, i) => {
    writeFileSync(path, unfinished);
    const more = bytesOf(70_000);
    const again = filesOf(newer).extend(path, end);
    again.append(more);
    again.close();
    const expected = Buffer.concat([...parts.slice(0, i + 1), more]);
    expect(read(path, 'quarantine file', newer).equals(expected)).toBe(true);
  });
  file.close();
});

test('records of a quarantine file that are swapped, repeated or missing are refused', () => {
  const path = join(scratch(), 'file');
  write(path, 'quarantine file', bytesOf(40), keys, 10);
  const whole = readFileSync(path);
  const record = 4 + 10 + 16;
  const head = whole.subarray(0, 40);
  const records = [0, 1, 2, 3].map((i) => whole.subarray(40 + i * record, 40 + (i + 1) * record)) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const end = whole.subarray(40 + 4 * record);
  const [a, b, c, d] = records;
  const wrong = [
    [b, a, c, d],
    [a, a, b, c, d],
    [a, a, c, d],
    [b, c, d],
    [a, b, c],
    [a, b, c, d, head, a],
  ];
  for (const parts of wrong) {
    writeFileSync(path, Buffer.concat([head, ...parts, end]));
    expect(() => read(path, 'quarantine file')).toThrow(DAMAGE);
  }
});

test('a box opens as what it is, where it is, and only whole', () => {
  const plain = bytesOf(60);
  const box = sealBox(keys, 'hot set', plain, Buffer.from('here'));
  expect(openBox(keys, 'hot set', box, Buffer.from('here'))).toEqual(plain);
  expect(openBox(keys, 'hot set', box)).toBeUndefined();
  expect(openBox(keys, 'journal', box, Buffer.from('here'))).toBeUndefined();
  expect(openBox(newSealKeys(), 'hot set', box, Buffer.from('here'))).toBeUndefined();
  for (let at = 0; at < box.byteLength; at++) {
    const bytes = Buffer.from(box);
    bytes[at]! ^= 1;
    expect(openBox(keys, 'hot set', bytes, Buffer.from('here'))).toBeUndefined();
    expect(openBox(keys, 'hot set', box.subarray(0, at), Buffer.from('here'))).toBeUndefined();
  }
  // Nothing is the same in two boxes of the same bytes.
  const other = sealBox(keys, 'hot set', plain, Buffer.from('here'));
  expect(other.subarray(4).equals(box.subarray(4))).toBe(false);
});

test('a file does not open under the name of another, or in the directory of another import', () => {
  for (const kind of ['run', 'rejected records', 'text']) {
    const directory = scratch();
    const paths = ['one/a', 'one/b', 'two/a'].map((name) => join(directory, name));
    for (const path of paths) mkdirSync(dirname(path), { recursive: true });
    for (const path of paths) write(path, kind, bytesOf(100));
    const [first, ...others] = paths as [string, ...string[]];
    const whole = read(first, kind);
    for (const other of others) {
      writeFileSync(other, readFileSync(first));
      expect(() => read(other, kind)).toThrow(DAMAGE);
    }
    expect(read(first, kind).equals(whole)).toBe(true);
  }
});

// Goal: a sealed shard gives its records to who has the key, as docs/format.md says, and to nobody else; and it gives nothing at
// all when any of its bytes is not what was written.
// Method: write small shards, and open their frames with node:crypto alone, by the documented format. Then flip, cut, swap, and
// repeat bytes, frames, sections and whole files. Every read must throw CHECKSUM_MISMATCH, or STORE_TOO_NEW for a newer version.

import { createDecipheriv, hkdfSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { zstdFrames } from '../../src/store/codec/frame-codec.js';
import { files } from '../../src/store/files/file-blobs.js';
import type { SealKeys } from '../../src/store/seal/types.js';
import { filesOf } from '../../src/store/sealed/files.js';
import { Holes } from '../../src/store/shards/holes.js';
import { originOf } from '../../src/store/shards/origin.js';
import { ShardReader } from '../../src/store/shards/read.js';
import { ShardWriter } from '../../src/store/shards/write.js';
import { ORIGIN } from '../support/salvaged.js';
import { newSealKeys } from '../support/sealed.js';

const scratch = mkdtempSync(join(tmpdir(), 'gristmill-sealed-shard-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const SHARD = ORIGIN.shard;
const HEAD_BYTES = 8 + 8 + 32 + 32 + 8;
const SECRET = 'a secret that must not be found';
const TEXTS = [0, 1, 2, 3].map((frame) => Buffer.from(`{"id":${frame},"text":"${SECRET}"}\n{"id":${frame + 100}}\n`));

let made = 0;

/** A shard of four frames, with a hole. */
function shardOf(keys: SealKeys, texts = TEXTS, shard = SHARD): { readonly path: string; readonly bytes: Buffer } {
  const path = join(scratch, `${++made}.sealed`);
  const writer = ShardWriter.create(filesOf(keys), path, undefined, shard);
  for (const text of texts) writer.append(text, 2);
  writer.finish({ ...ORIGIN, shard }, new Holes(2 * texts.length + 1, Uint8Array.of(1, 0)));
  return { path, bytes: readFileSync(path) };
}

/** All that can be read of a shard: its text, and what it says of itself. */
function readAll(keys: SealKeys | undefined, bytes: Uint8Array, shard: number | undefined = SHARD): string {
  const path = join(scratch, 'read.sealed');
  writeFileSync(path, bytes);
  const expected = undefined;
  const reader = ShardReader.open(filesOf(keys), path, expected);
  try {
    if (shard !== undefined && reader.sealed?.key.shard !== shard) throw new Error('another shard');
    const texts = Array.from({ length: reader.frames }, (_, index) => reader.readFrameSync(index).toString());
    return texts.join('') + JSON.stringify(originOf(reader));
  } finally {
    reader.close();
  }
}

/** What each frame gives, of a shard whose tables may be sound. */
function framesRead(keys: SealKeys, bytes: Uint8Array): string[] {
  const path = join(scratch, 'frames.sealed');
  writeFileSync(path, bytes);
  let reader: ShardReader;
  try {
    reader = ShardReader.open(filesOf(keys), path);
  } catch (error) {
    return [(error as { code: string }).code];
  }
  try {
    return Array.from({ length: reader.frames }, (_, index) => {
      try {
        return reader.readFrameSync(index).toString();
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
  } finally {
    reader.close();
  }
}

/** Where each frame begins and ends. */
function framesIn(bytes: Buffer): { readonly begin: number; readonly end: number }[] {
  const found = [];
  for (let at = HEAD_BYTES; bytes.readUInt32LE(at) === 0x184d2a5f; ) {
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    found.push({ begin: at, end });
    at = end;
  }
  return found;
}

const DAMAGE = expect.objectContaining({ code: expect.stringMatching(/^(CHECKSUM_MISMATCH|STORE_TOO_NEW)$/) });
const keys = newSealKeys();
const sound = shardOf(keys);

describe('a sealed shard', () => {
  test('is as docs/format.md draws it: node:crypto opens each frame', () => {
    const { bytes } = sound;
    const salt = bytes.subarray(16, 48);
    const info = Buffer.concat([Buffer.from('gristmill shard 1'), keys.storeId]);
    const derived = Buffer.from(hkdfSync('sha256', keys.dataKeys[0]!.key, salt, info, 76));
    expect(bytes.subarray(48, 80)).toEqual(derived.subarray(44));
    const about = Buffer.concat([Buffer.of(1), keys.storeId, Buffer.of(SHARD, 0, 0, 0)]);
    framesIn(bytes).forEach(({ begin, end }, index) => {
      const nonce = Buffer.from(derived.subarray(32, 44));
      nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ index) >>> 0, 8);
      const decipher = createDecipheriv('aes-256-gcm', derived.subarray(0, 32), nonce, { authTagLength: 16 });
      decipher.setAAD(Buffer.concat([about, bytes.subarray(begin, begin + 16)]));
      decipher.setAuthTag(bytes.subarray(end - 16, end));
      const zstd = Buffer.concat([decipher.update(bytes.subarray(begin + 16, end - 16)), decipher.final()]);
      const plain = zstdFrames.decode((size) => Buffer.alloc(size), zstd, TEXTS[index]!.byteLength, '', 0, index);
      expect(plain).toEqual(TEXTS[index]);
    });
  });

  test('gives its records and what it says of itself', () => {
    expect(readAll(keys, sound.bytes)).toBe(TEXTS.join('') + JSON.stringify(ORIGIN));
    const one = shardOf(keys, [TEXTS[0]!]);
    expect(readAll(keys, one.bytes)).toContain(SECRET);
  });

  test('has nothing of records, keys or names in it, and nothing that it shares with another of the same records', () => {
    const other = shardOf(keys);
    for (const { bytes } of [sound, other]) {
      for (const word of [SECRET, '"id"', 'records', 'ndjson']) expect(bytes.includes(word)).toBe(false);
    }
    const [one, two] = [sound.bytes, other.bytes].map((bytes) => {
      const { begin, end } = framesIn(bytes)[0]!;
      return bytes.subarray(begin + 16, end);
    });
    expect(one).not.toEqual(two);
  });

  test('any flipped bit: nothing but what is sound is given', () => {
    const whole = framesRead(keys, sound.bytes);
    for (let at = 0; at < sound.bytes.byteLength; at++) {
      const bytes = Buffer.from(sound.bytes);
      bytes[at]! ^= 1 << (at % 8);
      expect(() => readAll(keys, bytes), `byte ${at}`).toThrow(DAMAGE);
      // A frame is given whole or not at all.
      const given = framesRead(keys, bytes);
      given.forEach((text, index) => {
        if (!/^[A-Z_]+$/.test(text)) expect(text).toBe(whole[index]);
      });
      const wrong = given.filter((text) => /^[A-Z_]+$/.test(text));
      expect(wrong.length, `byte ${at}`).toBeGreaterThan(0);
    }
  });

  test('cut at any length: it gives nothing', () => {
    for (let length = 0; length < sound.bytes.byteLength; length++) {
      expect(() => readAll(keys, sound.bytes.subarray(0, length)), `${length} bytes`).toThrow(DAMAGE);
    }
  });

  test.each<[string, (parts: Buffer[]) => Buffer[]]>([
    ['dropped', (parts) => parts.slice(1)],
    ['dropped at the end', (parts) => parts.slice(0, -1)],
    ['twice', (parts) => [parts[0]!, ...parts]],
    ['twice in place of another', (parts) => [parts[0]!, parts[0]!, ...parts.slice(2)]],
    ['swapped', ([first, second, ...rest]) => [second!, first!, ...rest]],
    ['in reverse', (parts) => [...parts].reverse()],
  ])('frames that are %s', (_, change) => {
    const frames = framesIn(sound.bytes);
    const parts = frames.map(({ begin, end }) => sound.bytes.subarray(begin, end));
    const rest = sound.bytes.subarray(frames.at(-1)!.end);
    const bytes = Buffer.concat([sound.bytes.subarray(0, HEAD_BYTES), ...change(parts), rest]);
    expect(() => readAll(keys, bytes)).toThrow(DAMAGE);
  });

  test('a frame of another shard with the same records, of the same store and another one', () => {
    for (const other of [shardOf(keys), shardOf(keys, TEXTS, SHARD + 1), shardOf(newSealKeys())]) {
      for (const { begin, end } of framesIn(sound.bytes)) {
        const bytes = Buffer.from(sound.bytes);
        bytes.set(other.bytes.subarray(begin, end), begin);
        expect(() => readAll(keys, bytes)).toThrow(DAMAGE);
      }
    }
  });

  test('the head, or the end, of another shard of the store', () => {
    const other = shardOf(keys);
    const end = framesIn(sound.bytes).at(-1)!.end;
    const spliced = Buffer.concat([sound.bytes.subarray(0, end), other.bytes.subarray(end)]);
    const headed = Buffer.concat([other.bytes.subarray(0, HEAD_BYTES), sound.bytes.subarray(HEAD_BYTES)]);
    for (const bytes of [spliced, headed]) expect(() => readAll(keys, bytes)).toThrow(DAMAGE);
  });

  test('another shard in its place', () => {
    const { path } = shardOf(keys, TEXTS, SHARD + 1);
    const facts = { shard: SHARD, records: 9, holes: 1, frames: 4, plainBytes: 0, storedBytes: sound.bytes.byteLength };
    expect(() => ShardReader.open(filesOf(keys), path, facts)).toThrow(/it is shard 8, not shard 7/);
  });

  test('sections that are missing, and the whole end of a shard that has fewer', () => {
    const end = framesIn(sound.bytes).at(-1)!.end;
    let at = end;
    while (sound.bytes.readUInt32LE(at) !== 0x184d2a50) {
      const next = at + 8 + sound.bytes.readUInt32LE(at + 4);
      const bytes = Buffer.concat([sound.bytes.subarray(0, at), sound.bytes.subarray(next)]);
      expect(() => readAll(keys, bytes)).toThrow(DAMAGE);
      at = next;
    }
  });

  test('another key, another store, and a data key that the ring does not have', () => {
    const [dataKey] = keys.dataKeys;
    const others: SealKeys[] = [
      { ...keys, dataKeys: [{ ...dataKey!, key: newSealKeys().dataKeys[0]!.key }] },
      { ...keys, storeId: newSealKeys().storeId },
      { ...keys, dataKeys: [{ number: 2, key: dataKey!.key }], active: 2 },
    ];
    for (const wrong of others) expect(() => readAll(wrong, sound.bytes)).toThrow(DAMAGE);
  });

  test('a shard that is not sealed in an encrypted store, and a sealed one in a plain store', () => {
    const path = join(scratch, 'plain.ndjson.zst');
    const writer = ShardWriter.create(files, path);
    for (const text of TEXTS) writer.append(text, 2);
    writer.finish(ORIGIN);
    expect(() => readAll(keys, readFileSync(path))).toThrow(/not sealed, but the store is encrypted/);
    expect(() => readAll(undefined, sound.bytes)).toThrow(/sealed, but the store is not encrypted/);
  });

  test('records that an older data key sealed are read; new ones are sealed with the active key', () => {
    const newer: SealKeys = {
      ...keys,
      active: 2,
      dataKeys: [...keys.dataKeys, { number: 2, key: Buffer.alloc(32, 9) }],
    };
    expect(readAll(newer, sound.bytes)).toContain(SECRET);
    const { bytes } = shardOf(newer);
    expect(bytes.readUInt16LE(10)).toBe(2);
    expect(readAll(newer, bytes)).toContain(SECRET);
    expect(() => readAll(keys, bytes)).toThrow(DAMAGE);
  });
});

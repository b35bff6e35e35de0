// Goal: each implementation of zstd makes frames that the others read, tells damage, and reads and writes frames piece by piece; so
// it does not matter to a store which one is there. Method: those of this machine, each against zstd-napi's own binding as the
// oracle: frames of random texts and levels, changed bits, streams in pieces of random sizes.
// @node all: newer versions of Node have a zstd of their own

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import binding from 'zstd-napi/binding.js';
import { isOneFrame } from '../../src/store/codec/zstd/frame.js';
import { loadZstd } from '../../src/store/codec/zstd/implementation.js';
import { loadNapi } from '../../src/store/codec/zstd/napi.js';
import { loadNode } from '../../src/store/codec/zstd/node.js';
import { MemoryNeeded, type Zstd } from '../../src/store/codec/zstd/types.js';
import { loadWasm } from '../../src/store/codec/zstd/wasm.js';
import { runs } from '../support/effort.js';
import { streamed } from '../support/zstd-frames.js';

const HAS_NODE = 'createZstdCompress' in (await import('node:zlib'));
const IMPLEMENTATIONS: readonly Zstd[] = [loadNapi(), ...(HAS_NODE ? [loadNode()] : []), loadWasm()];
const MEMORY = 2 ** 27;

/** Texts that compress, and bytes that do not; up to three blocks of zstd. */
const texts = fc
  .tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 300 }), fc.boolean())
  .map(([bytes, times, isRandom]) => {
    const repeated = Buffer.concat(Array.from({ length: times }, (_, i) => Buffer.from([...bytes, i])));
    return isRandom ? Buffer.from(bytes) : repeated;
  });
const levels = fc.constantFrom(-7, -1, 1, 3, 6);

/** What a reader gives of frames that come in pieces. */
function readAll(zstd: Zstd, bytes: Buffer, pieceBytes: number, memoryMax = MEMORY): Buffer[] {
  const reader = zstd.reader();
  const output = Buffer.alloc(50_000);
  const frames: Buffer[] = [];
  let plain: Buffer[] = [];
  for (let at = 0, isFull = false; at < bytes.byteLength || isFull; ) {
    const step = reader.step(bytes.subarray(at, at + pieceBytes), output, memoryMax);
    plain.push(Buffer.from(step.plain));
    at += step.read;
    isFull = step.isFull;
    if (!step.isEnd) continue;
    frames.push(Buffer.concat(plain));
    plain = [];
  }
  expect(plain.every(({ byteLength }) => byteLength === 0)).toBe(true);
  return frames;
}

/** Compared at once: a matcher looks at each byte. */
function isSame(read: readonly Buffer[], plains: readonly Buffer[]): boolean {
  return read.length === plains.length && read.every((plain, i) => plain.equals(plains[i]!));
}

describe.each(IMPLEMENTATIONS)('$name', (zstd) => {
  test('its frames have size and checksum, and each implementation reads them', () => {
    fc.assert(
      fc.property(texts, levels, (plain, level) => {
        const frame = Buffer.from(zstd.encoder(level).encode(plain));
        expect(isOneFrame(frame)).toBe(true);
        expect(binding.getFrameContentSize(frame)).toBe(plain.byteLength);
        for (const other of IMPLEMENTATIONS) {
          const into = Buffer.alloc(plain.byteLength);
          expect(other.decompress(into, frame)).toBe(plain.byteLength);
          expect(into.equals(plain)).toBe(true);
        }
      }),
      { numRuns: runs(20) },
    );
  });

  test('a changed bit is an error, and the next frame is read', () => {
    const plain = Buffer.from(Array.from({ length: 900 }, (_, id) => `{"id":${id},"at":${id * 7919}}`).join('\n'));
    const frame = Buffer.from(zstd.encoder(1).encode(plain));
    fc.assert(
      fc.property(fc.nat(frame.byteLength - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(frame);
        changed[at]! ^= 1 << bit;
        const into = Buffer.alloc(plain.byteLength);
        try {
          // A bit that means nothing to zstd is not in the checksum.
          if (zstd.decompress(into, changed) === plain.byteLength) expect(into.equals(plain)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        expect(zstd.decompress(into, frame)).toBe(plain.byteLength);
        expect(into.equals(plain)).toBe(true);
      }),
      { numRuns: runs(80) },
    );
  });

  test('frames one after another are read piece by piece, and each end is told', () => {
    fc.assert(
      fc.property(
        fc.array(texts, { maxLength: 4 }),
        levels,
        fc.constantFrom(1, 7, 1000, 1 << 20),
        (plains, level, bytes) => {
          const frames = plains.map((plain, i) =>
            i % 2 === 0
              ? Buffer.from(zstd.encoder(level).encode(plain))
              : streamed(plain, [[binding.CParameter.compressionLevel, level]]),
          );
          const all = Buffer.concat(frames);
          // Byte by byte only what is short.
          const read = readAll(zstd, all, all.byteLength > 20_000 ? bytes + 1000 : bytes);
          expect(isSame(read, plains)).toBe(true);
        },
      ),
      { numRuns: runs(20) },
    );
  });

  test('a frame that is held whole takes no more memory than it may', () => {
    const plain = Buffer.alloc(1_000_000, 'some text ');
    const frame = streamed(plain, []);
    if (zstd.reader().holdsFrames) expect(() => readAll(zstd, frame, 1000, 500_000)).toThrow(MemoryNeeded);
    else expect(isSame(readAll(zstd, frame, 1000, 0), [plain])).toBe(true);
    expect(isSame(readAll(zstd, frame, 1000), [plain])).toBe(true);
  });

  test('one frame is written step by step, or refused by name', () => {
    const pieces = Array.from({ length: 20 }, (_, i) => Buffer.from(`${i} a piece of text `.repeat(i * 1000)));
    const written = () => {
      const writer = zstd.frameWriter(3, 2);
      const parts = pieces.flatMap((piece) => [...writer.write(piece)].map((part) => Buffer.from(part)));
      return Buffer.concat([...parts, ...[...writer.end()].map((part) => Buffer.from(part))]);
    };
    if (zstd.name === 'wasm') return expect(written).toThrow(expect.objectContaining({ code: 'PACKAGE_NOT_FOUND' }));
    const frame = written();
    expect(isOneFrame(frame)).toBe(true);
    expect(isSame(readAll(IMPLEMENTATIONS[0]!, frame, 1 << 20), [Buffer.concat(pieces)])).toBe(true);
  });
});

test('the first that is there is used, or the one that is named; another name is an error', () => {
  expect(loadZstd(undefined).name).toBe('zstd-napi');
  for (const { name } of IMPLEMENTATIONS) expect(loadZstd(name).name).toBe(name);
  for (const name of ['other', ...(HAS_NODE ? [] : ['node'])]) {
    expect(() => loadZstd(name)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`GRISTMILL_ZSTD is ${name}`),
      }),
    );
  }
});

// Shard files that somebody made who knows the format: every checksum is right, and something in them is not.

import { readFileSync, writeFileSync } from 'node:fs';
import { zstd } from '../../src/store/codec/zstd/implementation.js';
import { CHECKSUM_BYTES, putChecksum } from '../../src/store/files/checksum.js';
import { files } from '../../src/store/files/file-blobs.js';
import { encodeSection, encodeTables, Section, tableBytes } from '../../src/store/shards/format.js';
import { ShardReader } from '../../src/store/shards/read.js';
import { rleFrame, skippable } from './hostile-frames.js';
import { pick, type Random } from './random.js';

interface Parts {
  readonly frames: { stored: Uint8Array; plainBytes: number; records: number; storedBytes?: number }[];
  holes: Uint8Array | undefined;
  origin: Uint8Array | undefined;
  /** Sections behind these. */
  readonly more: Uint8Array[];
  hasHoles: boolean;
}

/** What the file would have the catalog say. */
export interface ShardFacts {
  readonly records: number;
  readonly holes: number;
  readonly frames: number;
  readonly plainBytes: number;
  readonly storedBytes: number;
}

const compressor = zstd().encoder(1);
const NUMBERS = [
  0,
  1,
  2,
  7,
  8,
  255,
  65_535,
  2 ** 20,
  2 ** 29,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 31 + 1,
  2 ** 32 - 2,
  2 ** 32 - 1,
];
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    '',
    'x',
    '../../x',
    '/tmp/x',
    'a/b',
    '\0',
    '__proto__',
    [],
    {},
    -1,
    0,
    0.5,
    1e3,
    2 ** 31,
    2 ** 32,
    1e12,
  ],
  ...[
    1e308,
    '1',
    'y'.repeat(5000),
    ['../x'],
    [[]],
    [null],
    { kind: 'path', path: '' },
    { kind: 'path' },
    { kind: 'x' },
  ],
  ...[
    { file: '../../x', from: 0, to: 1 },
    { file: 'x', from: 5, to: 1 },
    { file: 'x', from: 0, to: 1e300 },
  ],
];

function compressed(text: string): { stored: Uint8Array; plainBytes: number } {
  const plain = Buffer.from(text);
  return { stored: Uint8Array.from(compressor.encode(plain)), plainBytes: plain.byteLength };
}

function partsOf(path: string): Parts {
  const reader = ShardReader.open(files, path);
  const bytes = readFileSync(path);
  const frames = Array.from({ length: reader.frames }, (_, i) => {
    const { offset, storedBytes, plainBytes, records } = reader.spanOf(i);
    return { stored: bytes.subarray(offset, offset + storedBytes), plainBytes, records };
  });
  const sections = reader.sections();
  reader.close();
  const holes = sections.get(Section.holes);
  return { frames, holes, origin: sections.get(Section.origin), more: [], hasHoles: holes !== undefined };
}

function encode({ frames, holes, origin, more, hasHoles }: Parts): Buffer {
  const tables = encodeTables({
    storedBytes: Uint32Array.from(frames, ({ stored, storedBytes }) => storedBytes ?? stored.byteLength),
    plainBytes: Uint32Array.from(frames, ({ plainBytes }) => plainBytes),
    records: Uint32Array.from(frames, ({ records }) => records),
    hasHoles,
    shape: 0,
  });
  const sections = [
    ...(holes ? [encodeSection(Section.holes, holes)] : []),
    ...(origin ? [encodeSection(Section.origin, origin)] : []),
    ...more,
  ];
  return Buffer.concat([...frames.map(({ stored }) => stored), ...sections, tables]);
}

/** Ways to change a shard, each named. */
const CHANGES: Readonly<Record<string, (parts: Parts, random: Random) => void>> = {
  'a size in the seek table': ({ frames }, random) => {
    const frame = pick(random, frames);
    if (random(2) === 0) frame.plainBytes = pick(random, NUMBERS);
    else frame.storedBytes = pick(random, NUMBERS);
  },
  'records of a frame': ({ frames }, random) => {
    const frame = pick(random, frames);
    // All together are 32 bits.
    const others = frames.reduce((sum, { records }) => sum + records, -frame.records);
    frame.records = Math.min(pick(random, NUMBERS), 2 ** 32 - 1 - others);
  },
  'one record more, in another frame one less': ({ frames }, random) => {
    pick(random, frames).records++;
    pick(random, frames).records--;
  },
  'a frame that claims 3 GiB': ({ frames }, random) => {
    const plainBytes = 3 * 2 ** 30;
    Object.assign(pick(random, frames), { stored: rleFrame(plainBytes, plainBytes), plainBytes });
  },
  'a frame that claims less or more than it has': ({ frames }, random) => {
    const claimed = pick(random, NUMBERS);
    Object.assign(pick(random, frames), { stored: rleFrame(claimed, 1 + random(2 ** 22)), plainBytes: claimed });
  },
  'a frame of one newline after another': ({ frames }, random) => {
    const plainBytes = 1 + random(2 ** 22);
    Object.assign(pick(random, frames), {
      stored: rleFrame(plainBytes, plainBytes, 10),
      plainBytes,
      records: plainBytes,
    });
  },
  'a frame without content size': ({ frames }, random) => {
    const frame = pick(random, frames);
    const stored = Buffer.alloc(6 + 3 + 4);
    stored.writeUInt32LE(0xfd2fb528, 0);
    stored.set([0b0000_0100, 0xff], 4);
    stored.writeUIntLE(1, 6, 3);
    frame.stored = stored;
  },
  'a skippable frame for a frame': ({ frames }, random) => {
    pick(random, frames).stored = skippable(random(100));
  },
  'a frame with something behind it': ({ frames }, random) => {
    const frame = pick(random, frames);
    const behind = pick(random, [skippable(random(50)), frame.stored, rleFrame(0, 0), compressed('1\n').stored]);
    frame.stored = Buffer.concat([frame.stored, behind]);
  },
  'a bit of a frame': ({ frames }, random) => {
    const frame = pick(random, frames);
    frame.stored = Uint8Array.from(frame.stored);
    frame.stored[random(frame.stored.length)]! ^= 1 << random(8);
  },
  'lines that are no records': ({ frames }, random) => {
    const frame = pick(random, frames);
    const line = pick(random, [
      'x',
      '{"key":"',
      '{"key":"a","value":',
      '{',
      '[',
      '"',
      '{"id":1',
      '\\',
      '{"key":1,"value":2}',
      ' ',
    ]);
    Object.assign(frame, compressed(`${line}\n`.repeat(frame.records)));
  },
  'lines of no bytes': ({ frames }, random) => {
    const frame = pick(random, frames);
    Object.assign(frame, compressed('\n'.repeat(frame.records)));
  },
  'frames that are gone': ({ frames }, random) => {
    frames.splice(random(frames.length), 1 + random(2));
  },
  'frames in another order': ({ frames }) => void frames.reverse(),
  'the origin': (parts, random) => {
    const said = JSON.parse(Buffer.from(parts.origin ?? '{}').toString());
    const names = Object.keys(said);
    for (let changes = 1 + random(2); changes > 0; changes--) {
      const name = names.length === 0 ? 'shard' : pick(random, names);
      if (random(8) === 0) delete said[name];
      else said[name] = pick(random, VALUES);
    }
    parts.origin = Buffer.from(JSON.stringify(said));
  },
  'an origin that is no JSON': (parts, random) => {
    parts.origin = Buffer.from(pick(random, ['', '{', 'null', '[]', '0', '"x"', '{"a":'.repeat(50_000), '\xff']));
  },
  'the section of holes': (parts, random) => {
    parts.hasHoles = random(4) > 0;
    const body = Buffer.alloc(pick(random, [0, 3, 4, 5, 12, 100]), random(256));
    if (body.byteLength >= 4) body.writeUInt32LE(pick(random, NUMBERS), 0);
    parts.holes = body;
  },
  'holes as many as the catalog says, elsewhere': (parts, random) => {
    if (parts.holes === undefined) return;
    const bytes = Buffer.from(parts.holes);
    const [one, other] = [4 + random(bytes.length - 4), 4 + random(bytes.length - 4)];
    [bytes[one], bytes[other]] = [bytes[other]!, bytes[one]!];
    parts.holes = bytes;
  },
  'sections that are unknown, or there twice': ({ more, origin }, random) => {
    const magic = pick(random, [0x184d2a51, 0x184d2a52, 0x184d2a53, 0x184d2a5d, 0x184d2a50, 0x184d2a5e, 0, 0xfd2fb528]);
    more.push(encodeSection(magic, origin ?? Buffer.alloc(random(40))));
  },
};

/** Changes to the bytes of a finished file; a checksum that covers them is made right again. */
const BYTE_CHANGES: Readonly<Record<string, (bytes: Buffer, random: Random) => Buffer>> = {
  'a field of the frame table': (bytes, random) => {
    const frames = bytes.readUInt32LE(bytes.length - 9);
    const sizes = tableBytes(frames);
    const body = bytes.length - sizes.seekTable - sizes.frameTable + 8;
    const end = body + sizes.frameTable - 8 - CHECKSUM_BYTES;
    bytes.writeUInt32LE(pick(random, NUMBERS), body + 4 + 4 * random((end - body - 4) / 4));
    putChecksum(bytes, end, bytes, body, end);
    return bytes;
  },
  'the number of frames': (bytes, random) => {
    bytes.writeUInt32LE(pick(random, NUMBERS), bytes.length - 9);
    return bytes;
  },
  'the end is cut off': (bytes, random) => bytes.subarray(0, random(bytes.length)),
  'bytes in front': (bytes, random) => Buffer.concat([Buffer.alloc(1 + random(100)), bytes]),
  'frames within frames, behind no table': (_, random) => {
    const tail = rleFrame(2 ** 29, 2 ** 29).subarray(13);
    const header = rleFrame(2 ** 29, 0).subarray(0, 13);
    const nested: Buffer[] = [];
    for (let i = 0; i < 200 + random(200); i++) {
      const block = Buffer.alloc(3);
      block.writeUIntLE(16 << 3, 0, 3);
      nested.push(header, block);
    }
    return Buffer.concat([...nested, header, tail]);
  },
};

/** @returns the change that was made, and what the file says of itself where its tables can be read. */
export function makeHostile(
  path: string,
  random: Random,
): { readonly change: string; readonly facts: ShardFacts | undefined } {
  const parts = partsOf(path);
  const change = pick(random, [...Object.keys(CHANGES), ...Object.keys(BYTE_CHANGES)]);
  CHANGES[change]?.(parts, random);
  const bytes = BYTE_CHANGES[change]?.(encode(parts), random) ?? encode(parts);
  writeFileSync(path, bytes);
  const { frames, holes, hasHoles } = parts;
  const sum = (fact: 'records' | 'plainBytes') => frames.reduce((total, frame) => total + frame[fact], 0);
  const lines = sum('records');
  const records = hasHoles && holes && holes.byteLength >= 4 ? Buffer.from(holes).readUInt32LE(0) : lines;
  return {
    change,
    facts: {
      ...{ records, holes: records - lines, frames: frames.length },
      ...{ plainBytes: sum('plainBytes'), storedBytes: bytes.byteLength },
    },
  };
}

// Index pages, tombstones and inline records that somebody made who knows the format: every checksum is right, and something
// in them is not.

import { MetaKind, seal } from '../../src/store/catalog/values.js';
import { putChecksum } from '../../src/store/files/checksum.js';
import { pick, type Random } from './random.js';
import { openRawIndex, type RawIndex } from './raw-catalog.js';

type Value = RawIndex['values'][number];

const NUMBERS = [0, 1, 2, 8, 16, 255, 256, 4096, 8176, 32_767, 32_768, 65_534, 65_535];
const LOCATIONS = [0, 1, 7, 100, 65_536, 2 ** 31, 2 ** 32 - 1];

function sealed(page: Buffer): Buffer {
  putChecksum(page, 0, page, 8, page.byteLength);
  return page;
}

/** Where the entries of a page begin; the last is its end. */
function offsetsOf(page: Buffer): number[] {
  const at = 16 + page.readUInt16LE(12);
  return Array.from({ length: page.readUInt16LE(10) + 1 }, (_, i) => page.readUInt16LE(at + 2 * i));
}

const PAGE_CHANGES: Readonly<Record<string, (page: Buffer, random: Random) => Buffer>> = {
  'the count of a page': (page, random) => {
    page.writeUInt16LE(pick(random, [...NUMBERS, page.readUInt16LE(10) + 1, page.readUInt16LE(10) - 1]), 10);
    return page;
  },
  'the prefix of a page': (page, random) => {
    page.writeUInt16LE(pick(random, [...NUMBERS, page.readUInt16LE(12) + 1]), 12);
    return page;
  },
  'an offset of a page': (page, random) => {
    const at = 16 + page.readUInt16LE(12) + 2 * random(page.readUInt16LE(10) + 1);
    page.writeUInt16LE(pick(random, [...NUMBERS, page.readUInt16LE(at) + 1, page.readUInt16LE(at) - 1]), at);
    return page;
  },
  'the shard of an entry': (page, random) => {
    page.writeUInt32LE(pick(random, LOCATIONS), pick(random, offsetsOf(page).slice(1)) - 8);
    return page;
  },
  'the ordinal of an entry': (page, random) => {
    page.writeUInt32LE(pick(random, LOCATIONS), pick(random, offsetsOf(page).slice(1)) - 4);
    return page;
  },
  'the ordinal of all entries': (page, random) => {
    const ordinal = pick(random, LOCATIONS);
    for (const end of offsetsOf(page).slice(1)) page.writeUInt32LE(ordinal, end - 4);
    return page;
  },
  'bytes of keys': (page, random) => {
    const at = 16 + random(page.byteLength - 16);
    for (let i = at; i < Math.min(page.byteLength, at + 1 + random(20)); i++) page[i] = random(256);
    return page;
  },
  'entries in another order': (page, random) => {
    const offsets = offsetsOf(page);
    const [one, other] = [random(offsets.length - 1), random(offsets.length - 1)];
    const bytes = page.subarray(offsets[one], offsets[one + 1]);
    if (bytes.byteLength !== offsets[other + 1]! - offsets[other]!) return page;
    const kept = Buffer.from(bytes);
    page.copy(page, offsets[one]!, offsets[other]!, offsets[other + 1]!);
    kept.copy(page, offsets[other]!);
    return page;
  },
  'the length of a page': (page, random) => {
    if (random(2) === 0) return Buffer.concat([page, Buffer.alloc(1 + random(5000))]);
    return Buffer.from(page.subarray(0, 8 + random(page.byteLength - 8)));
  },
  'a page of noise': (page, random) => {
    for (let at = 10; at < page.byteLength; at++) page[at] = random(256);
    return page;
  },
  'flags and reserved bytes of a page': (page, random) => {
    page[pick(random, [9, 14, 15])] = random(256);
    return page;
  },
};

const KEY_CHANGES: Readonly<Record<string, (key: Buffer, random: Random) => Buffer>> = {
  'where a page is kept': (key, random) => {
    const changed = Buffer.from(key);
    changed[4 + random(changed.byteLength - 4)] = random(256);
    return changed;
  },
  'a key of a page that is too short': (key, random) => Buffer.from(key.subarray(0, 4 + random(9))),
  'a key of a page that is longer': (key, random) => Buffer.concat([key, Buffer.alloc(1 + random(20), random(256))]),
  'a page of another tree': (key, random) => {
    const changed = Buffer.from(key);
    changed.writeUInt32BE(1 + random(4), 0);
    return changed;
  },
};

/** A value of the catalog without its checksum, changed. */
function changedBytes(bytes: Buffer, random: Random): Buffer {
  const kind = random(5);
  if (kind === 0) return Buffer.alloc(0);
  if (kind === 1) return Buffer.alloc(1 + random(10_000), 0xff);
  if (kind === 2)
    return Buffer.from(pick(random, ['{"id":', '{"key":"', '"', 'nonsense', '[[[[', '{"id":1}\n{"id":2}', '\0']));
  if (kind === 3) return Buffer.from(bytes.subarray(0, random(bytes.byteLength)));
  const changed = Buffer.from(bytes);
  if (changed.byteLength > 0) changed[random(changed.byteLength)] = random(256);
  return changed;
}

/** Changes something in the index of a store that nobody has open. @returns what */
export async function makeHostileIndex(directory: string, random: Random): Promise<string> {
  const index = openRawIndex(directory);
  try {
    const pages = index.values.filter(({ database }) => database === 'pages');
    const small = index.values.filter(
      ({ database, key }) =>
        database === 'meta' && (key[0] === MetaKind.inline || (key[0] === MetaKind.tombstones && key.byteLength > 5)),
    );
    const value = pick(random, random(4) === 0 && small.length > 0 ? small : pages);
    return value.database === 'pages' ? changePage(index, value, random) : changeSmall(index, value, random);
  } finally {
    await index.close();
  }
}

function changePage(index: RawIndex, { key, value }: Value, random: Random): string {
  const change = pick(random, [...Object.keys(PAGE_CHANGES), ...Object.keys(KEY_CHANGES)]);
  const page = PAGE_CHANGES[change]?.(Buffer.from(value), random);
  if (page !== undefined) index.put('pages', key, sealed(page));
  else {
    const other = KEY_CHANGES[change]!(key, random);
    if (random(2) === 0) index.remove('pages', key);
    index.put('pages', other, value);
  }
  return change;
}

function changeSmall(index: RawIndex, { key, value }: Value, random: Random): string {
  const isInline = key[0] === MetaKind.inline;
  if (!isInline && random(2) === 0) {
    const other = Buffer.from(key);
    other.writeUInt32BE(pick(random, [1, 7, 65_536, 2 ** 20, 270_000, 2 ** 32 - 1]), 5);
    index.put('meta', other, value);
    return 'the number of a tombstone chunk';
  }
  if (random(6) === 0) {
    index.remove('meta', key);
    return isInline ? 'an inline record that is gone' : 'tombstones that are gone';
  }
  index.put('meta', key, seal(changedBytes(value.subarray(8), random)));
  return isInline ? 'an inline record' : 'a tombstone chunk';
}

// An encrypted store that somebody changed who has no key: values of its index, pages, shards and other files are flipped, cut,
// swapped, repeated, put back from an older state, or exchanged for those of a plain store or of another encrypted one.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pick, type Random } from './random.js';
import { openSealed, type SealedIndex, type SealedValue } from './sealed-index.js';

/** Stores of the same content: the one that is changed, what it was before, and strange ones. */
export interface Stores {
  readonly now: string;
  readonly older: string;
  readonly plain: string;
  readonly other: string;
}

type Bytes = (bytes: Buffer, random: Random) => Buffer;

const BYTES: Readonly<Record<string, Bytes>> = {
  'a bit flipped': (bytes, random) => {
    const changed = Buffer.from(bytes);
    if (changed.byteLength > 0) changed[random(changed.byteLength)]! ^= 1 << random(8);
    return changed;
  },
  'a bit of the first bytes flipped': (bytes, random) => {
    const changed = Buffer.from(bytes);
    changed[random(Math.min(48, changed.byteLength))]! ^= 1 << random(8);
    return changed;
  },
  'cut off': (bytes, random) => bytes.subarray(0, random(bytes.byteLength)),
  'a tag that is shorter': (bytes, random) => bytes.subarray(0, Math.max(0, bytes.byteLength - 1 - random(15))),
  empty: () => Buffer.alloc(0),
  'bytes behind': (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random(200), random(256))]),
  'noise in the middle': (bytes, random) => {
    const changed = Buffer.from(bytes);
    const from = random(changed.byteLength);
    for (let at = from; at < Math.min(changed.byteLength, from + 64); at++) changed[at] = random(256);
    return changed;
  },
  'a part twice': (bytes, random) => {
    const at = random(bytes.byteLength);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 1 - random(300)))]);
  },
};

/** @returns what was changed in the files of a store that nobody has open */
export function changeFile(store: string, stores: Stores, random: Random): string {
  const files = sealedFilesIn(store);
  const name = pick(random, files);
  const path = join(store, name);
  const how = pick(random, [...Object.keys(BYTES), 'gone', 'swapped', 'older', 'plain', 'of another store']);
  const change = BYTES[how];
  if (change !== undefined) writeFileSync(path, change(readFileSync(path), random));
  else if (how === 'gone') rmSync(path);
  else if (how === 'swapped') {
    const others = files.filter((one) => one !== name && kindOf(one) === kindOf(name));
    if (others.length === 0) return 'nothing';
    const other = join(store, pick(random, others));
    const bytes = readFileSync(path);
    writeFileSync(path, readFileSync(other));
    writeFileSync(other, bytes);
  } else {
    const from = how === 'older' ? stores.older : how === 'plain' ? stores.plain : stores.other;
    const same = join(from, name);
    const known = existsSync(same) ? [name] : sealedFilesIn(from).filter((one) => kindOf(one) === kindOf(name));
    if (known.length === 0) return 'nothing';
    writeFileSync(path, readFileSync(join(from, pick(random, known))));
  }
  return `${name}: ${how}`;
}

/** Files beside the index. */
export function sealedFilesIn(store: string): string[] {
  const names = readdirSync(store, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => !name.startsWith('index') && statSync(join(store, name)).isFile()).sort();
}

const kindOf = (name: string): string => (name.includes('/') ? name.slice(0, name.indexOf('/')) : name);

/** The values of a store's index. */
export async function valuesIn(store: string): Promise<readonly SealedValue[]> {
  const index = openSealed(store);
  try {
    return index.values();
  } finally {
    await index.close();
  }
}

/** @returns what was changed in the index of a store that nobody has open */
export function changeIndex(
  index: SealedIndex,
  values: Readonly<Record<keyof Stores, readonly SealedValue[]>>,
  random: Random,
): string {
  const one = pick(random, values.now);
  const { database, key, value } = one;
  const named = `${database} ${key.toString('hex').slice(0, 20)}`;
  const how = pick(random, [...Object.keys(BYTES), 'gone', 'swapped', 'twice', 'older', 'plain', 'of another store']);
  const change = BYTES[how];
  if (change !== undefined) index.put(database, key, change(value, random));
  else if (how === 'gone') index.remove(database, key);
  else if (how === 'swapped') {
    const other = pick(
      random,
      values.now.filter((candidate) => candidate.database === database),
    );
    if (other === one) return 'nothing';
    index.put(database, key, other.value);
    index.put(database, other.key, value);
  } else if (how === 'twice') {
    index.put(database, Buffer.concat([key, Buffer.of(random(256))]), value);
  } else {
    const from = values[how === 'older' ? 'older' : how === 'plain' ? 'plain' : 'other'];
    const same = from.find((candidate) => candidate.database === database && candidate.key.equals(key));
    const like = from.filter((candidate) => candidate.database === database && candidate.key[0] === key[0]);
    const found = same ?? (like.length > 0 ? pick(random, like) : undefined);
    if (found === undefined || found.value.equals(value)) return 'nothing';
    index.put(database, key, found.value);
  }
  return `${named}: ${how}`;
}

/** Puts a value back as it was before. @returns which */
export function putValueBack(
  index: SealedIndex,
  { now, older }: Readonly<Record<keyof Stores, readonly SealedValue[]>>,
  random: Random,
): string {
  const isSame = (one: SealedValue, other: SealedValue) => one.database === other.database && one.key.equals(other.key);
  const changed = older.filter((old) => now.some((one) => isSame(one, old) && !one.value.equals(old.value)));
  const { database, key, value } = pick(random, changed);
  index.put(database, key, value);
  return `${database} ${key.toString('hex').slice(0, 20)}: as it was before`;
}

/** Puts back files of an older state, all of the index among them or none. @returns which */
export function putBack(store: string, { older }: Stores, random: Random): string {
  const parts = ['index', 'shards', 'quarantine', 'keys.json'].filter(() => random(2) === 0);
  for (const part of parts) {
    rmSync(join(store, part), { recursive: true, force: true });
    cpSync(join(older, part), join(store, part), { recursive: true });
  }
  return `put back: ${parts.join(', ')}`;
}

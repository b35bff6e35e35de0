// Which data keys an encrypted store uses, as somebody without its key sees it: from the heads of what is sealed.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openSealed } from './sealed-index.js';

/** Begins a shard: magic number 0x184D2A54, 76 bytes, version 1; the number of the data key follows. */
const SHARD_HEAD = Buffer.from('542a4d184c0000000100', 'hex');
/** Begins what is sealed in pieces; a seed follows (docs/format.md, Sealed files). */
const MAGICS = ['GRSC', 'GRSL', 'GRSM'].map((magic) => Buffer.concat([Buffer.from(magic), Buffer.of(1, 0)]));

/** The random salts of all sessions that sealed a value of the index. Nobody has the store open. */
export async function saltsOf(directory: string): Promise<Buffer[]> {
  const index = openSealed(directory);
  const salts = new Set(index.values().map(({ value }) => value.toString('latin1', 4, 20)));
  await index.close();
  return Array.from(salts, (salt) => Buffer.from(salt, 'latin1'));
}

/** The numbers of all data keys that anything in a store is sealed with, in order. Nobody has the store open. */
export async function dataKeysOf(directory: string): Promise<number[]> {
  const numbers = new Set<number>();
  const index = openSealed(directory);
  for (const { value } of index.values()) numbers.add(value.readUInt16LE(2));
  await index.close();
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    if (!/\.sealed$|\.ndjson$|^tmp/.test(name) || !statSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    // The hot set is one box.
    if (name === 'hot-set.ndjson') numbers.add(bytes.readUInt16LE(2));
    for (const head of [SHARD_HEAD, ...MAGICS]) {
      for (let at = bytes.indexOf(head); at >= 0; at = bytes.indexOf(head, at + 1)) {
        numbers.add(bytes.readUInt16LE(at + head.byteLength));
      }
    }
  }
  return [...numbers].sort((left, right) => left - right);
}

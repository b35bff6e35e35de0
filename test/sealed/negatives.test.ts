// Goal: nothing that is sealed can be exchanged for anything else that is. This file says which test holds that for each kind of
// thing, and has those that are nowhere else.
// Method: each thing is changed by somebody without the key. It has to be refused with a code, or to give less, never something
// else. All pairs of things and changes are tried at random in test/hostile/sealed.test.ts.
//
//   | changed                    | frames, sections of shards | values of the index: catalog, pages, inline, recent, audit |
//   |----------------------------|----------------------------|-----------------------------------------------------------|
//   | any byte, any length       | sealed/shard               | encryption/index: each byte of a value; here: each kind    |
//   | shorter tag                | sealed/shard: any length   | here                                                      |
//   | dropped, twice             | sealed/shard               | encryption/index (the digest); here: each kind             |
//   | swapped, in another order  | sealed/shard               | encryption/index; audit/chain for entries                 |
//   | of another shard, import   | sealed/shard               | encryption/index: under another key                       |
//   | put back from before       | sealed/shard: other number | encryption/index; here: each kind                          |
//   | wrong key, other store     | sealed/shard               | encryption/keys: keys.json of another store                |
//   | version, flag              | here, sealed/shard         | here                                                      |
//
//   | changed                    | runs, texts, rejected | quarantine file       | hot set, joined file | journal | keys.json       |
//   |----------------------------|-----------------------|-----------------------|----------------------|---------|-----------------|
//   | any byte, any length       | sealed/files          | sealed/files          | sealed/files (boxes) | here    | encryption/keys |
//   | shorter tag                | sealed/files          | sealed/files          | sealed/files         | here    | encryption/keys |
//   | dropped, twice, swapped    | sealed/files: chunks  | sealed/files: records | one piece            | here    | one piece       |
//   | of another file            | sealed/files: a chunk | not noticed: whole    | sealed/files: place  | here: another line | encryption/keys |
//   | put back from before       | lives for one import  | not noticed           | a hint: harmless     | resumes less | opened by its key |
//   | wrong key, store, kind     | sealed/files          | sealed/files          | sealed/files         | sealed/resume | encryption/keys |
//   | version, flag              | here                  | here                  | here                 | here    | encryption/keys |

import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeJournal, encodeLine, encodeSpan, newHeader } from '../../dist/src/import/resume/journal-format.js';
import { openStore } from '../../dist/src/index.js';
import { MetaKind } from '../../dist/src/store/catalog/values.js';
import { journalPath } from '../../dist/src/store/files/layout.js';
import { IndexSeal } from '../../dist/src/store/seal/index-seal.js';
import { openBox, sealBox } from '../../dist/src/store/sealed/box.js';
import { filesOf } from '../../dist/src/store/sealed/files.js';
import { ShardReader } from '../../dist/src/store/shards/read.js';
import { ShardWriter } from '../../dist/src/store/shards/write.js';
import { build, COLLECTION, GROUP, ID, writeSources } from '../support/at-rest-store.js';
import { isTried, partOf } from '../support/effort.js';
import { makeDirectory } from '../support/import-files.js';
import { WORD } from '../support/plaintexts.js';
import { ORIGIN } from '../support/salvaged.js';
import { newSealKeys } from '../support/sealed.js';
import { openSealed, type SealedIndex, type SealedValue, tamper } from '../support/sealed-index.js';

const keys = newSealKeys();
const DAMAGE = { code: expect.stringMatching(/^(CHECKSUM_MISMATCH|STORE_TOO_NEW)$/) };

describe('each kind of value in an index', () => {
  const HOW = { encryption: { key: Buffer.alloc(32, 7) }, hotSet: false, config: false } as const;
  const directory = makeDirectory();
  const [older, now, copy] = ['older', 'now', 'copy'].map((name) => join(directory.path, name)) as [
    string,
    string,
    string,
  ];
  let before: readonly SealedValue[];
  let values: readonly SealedValue[];
  /** The last value of each kind. */
  let kinds: readonly SealedValue[];

  const valuesOf = async (store: string) => {
    const index = openSealed(store);
    const found = index.values();
    await index.close();
    return found;
  };
  const kindOf = ({ database, key }: SealedValue) => (database === 'meta' ? key[0]! : database);
  const isSame = (one: SealedValue, other: SealedValue) => one.database === other.database && one.key.equals(other.key);

  beforeAll(async () => {
    const sources = writeSources(join(directory.path, 'sources'));
    await build(older, { ...HOW, keys: 'plaintext' }, sources);
    const change = async (n: number) => {
      const store = await openStore(now, HOW);
      const rows = store.collection(COLLECTION);
      await rows.put({ [ID]: `${WORD}1`, [GROUP]: `${n}` });
      await rows.patch(`${WORD}2`, { n });
      await rows.delete(`${WORD}10${n}`);
      await store.close();
    };
    cpSync(older, now, { recursive: true });
    await change(1);
    rmSync(older, { recursive: true });
    cpSync(now, older, { recursive: true });
    await change(2);
    [before, values] = [await valuesOf(older), await valuesOf(now)];
    kinds = [...new Map(values.map((value) => [kindOf(value), value])).values()];
  });
  afterAll(directory.remove);

  async function refused(change: (index: SealedIndex) => void): Promise<void> {
    cpSync(now, copy, { recursive: true });
    await tamper(copy, change);
    await expect(openStore(copy, HOW)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    rmSync(copy, { recursive: true });
  }

  test('is there', () => {
    const found = new Set(kinds.map(kindOf));
    const { store, collection, shard, tombstones, inline, edits, recent, audit, auditHead } = MetaKind;
    for (const kind of [
      store,
      collection,
      shard,
      tombstones,
      inline,
      edits,
      recent,
      audit,
      auditHead,
      'pages',
      'state',
    ])
      expect(found).toContain(kind);
  });

  test('is missed where it is gone, and refused where it is twice or as it was before', async () => {
    for (const { database, key, value } of partOf(kinds)) {
      await refused((index) => index.remove(database, key));
      // The database of the digest has one value that is read.
      if (database !== 'state') await refused((index) => index.put(database, Buffer.from([...key, 0]), value));
      const old = before.find((one) => isSame(one, { database, key, value }) && !one.value.equals(value));
      if (old !== undefined) await refused((index) => index.put(database, key, old.value));
    }
    const changed = new Set(
      values.filter((one) => before.some((old) => isSame(one, old) && !old.value.equals(one.value))).map(kindOf),
    );
    for (const kind of [MetaKind.store, MetaKind.collection, MetaKind.auditHead, 'state'])
      expect(changed).toContain(kind);
  });

  test('is empty where its version, reserved byte or data key is another, its tag is shorter, or a byte is another', () => {
    const { meta } = new IndexSeal(keys);
    const key = Buffer.of(MetaKind.audit, 1);
    const sealed = meta.seal(key, Buffer.from('an entry'));
    const flipped = (at: number, to: number) => Buffer.from(sealed).fill(to, at, at + 1);
    const forms: Buffer[] = [flipped(0, 0), flipped(0, 2), flipped(1, 1), flipped(2, 2), flipped(3, 1)];
    for (let tag = 0; tag < 16; tag++) forms.push(sealed.subarray(0, sealed.byteLength - 16 + tag));
    for (const form of forms) expect(meta.open(key, form).byteLength).toBe(0);
    expect(meta.open(key, sealed).toString()).toBe('an entry');
  });
});

describe('a journal', () => {
  const sealed = { keys, path: journalPath('store', randomUUID()) };
  const span = (shard: number) =>
    encodeSpan({
      ...{ shard, wasRedone: false, quarantineBytes: 0 },
      result: {
        entry: 0,
        exit: 9,
        ended: true,
        read: 1,
        rejected: 0,
        losers: new Uint32Array(),
        runs: [],
        progressBytes: 9,
      },
    } as never);
  const linesOf = (first: number) =>
    [newHeader('sources', 'options'), span(first), span(first + 1), span(first + 2)].map((value, i) =>
      encodeLine(value, sealed, i),
    );
  const lines = linesOf(7);
  const whole = Buffer.concat(lines);
  const shardsIn = (bytes: Buffer) => decodeJournal(bytes, sealed)?.spans.map(({ shard }) => shard) ?? [];
  const isPrefix = (shards: readonly number[]) => shards.every((shard, i) => shard === 7 + i);

  test('is read as it was written', () => {
    expect(shardsIn(whole)).toEqual([7, 8, 9]);
  });

  test('with any byte changed, or cut anywhere, has fewer spans, and none that is another', () => {
    for (let at = 0; at < whole.byteLength; at++) {
      if (!isTried(at, 1)) continue;
      const changed = Buffer.from(whole);
      changed[at]! ^= 1 << (at % 8);
      for (const bytes of [changed, whole.subarray(0, at)]) {
        const found = shardsIn(bytes);
        expect([at, isPrefix(found), found.length < 3]).toEqual([at, true, true]);
      }
    }
  });

  test('with lines that are gone, twice, elsewhere, in plain, of another kind, import or store has fewer', () => {
    const [head, one, two, three] = lines as [Buffer, Buffer, Buffer, Buffer];
    const plain = encodeLine(span(8));
    const strange = encodeLine(span(8), { ...sealed, keys: newSealKeys() }, 2);
    const ofAnotherImport = encodeLine(span(8), { keys, path: journalPath('store', randomUUID()) }, 2);
    for (const parts of [
      [head, two, three],
      [head, one, three],
      [head, one, one, two],
      [head, two, one],
      [one, two],
    ]) {
      const found = shardsIn(Buffer.concat(parts));
      expect(isPrefix(found) && found.length < 2).toBe(true);
    }
    for (const wrong of [plain, strange, ofAnotherImport])
      expect(shardsIn(Buffer.concat([head, one, wrong, three]))).toEqual([7]);
  });
});

describe('a version, a flag or a tag that is another one', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gristmill-negatives-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'file');

  /** @param at where the version is @param read the file at `path`, which has these bytes */
  const expectRefused = (bytes: Buffer, at: number, read: () => unknown): void => {
    read();
    for (const [offset, value] of [
      [0, 0],
      [0, 2],
      [0, 255],
      [1, 1],
      [1, 128],
      [2, 2],
    ] as const) {
      const changed = Buffer.from(bytes);
      changed[at + offset] = value;
      writeFileSync(path, changed);
      expect(read, `byte ${offset} is ${value}`).toThrow(expect.objectContaining(DAMAGE));
    }
    writeFileSync(path, bytes);
  };

  test.each(['run', 'text', 'rejected records', 'quarantine file'])('of a %s', (kind) => {
    const blobs = filesOf(keys);
    const made = blobs.create(path, kind);
    made.append(Buffer.from('text'));
    made.close();
    expectRefused(readFileSync(path), 4, () => {
      const reader = blobs.open(path, kind);
      const bytes = Buffer.alloc(reader.size);
      reader.readSync(bytes, 0);
      reader.close();
      expect(bytes.toString()).toBe('text');
    });
    rmSync(path);
  });

  test.each(['hot set', 'joined file', 'journal'] as const)('of a %s', (kind) => {
    const box = sealBox(keys, kind, Buffer.from('text'));
    for (const [at, value] of [
      [0, 0],
      [0, 2],
      [1, 1],
      [2, 2],
    ] as const) {
      const changed = Buffer.from(box);
      changed[at] = value;
      expect(openBox(keys, kind, changed)).toBeUndefined();
    }
    for (let tag = 0; tag < 16; tag++) expect(openBox(keys, kind, box.subarray(0, -16 + tag))).toBeUndefined();
    for (const other of ['hot set', 'joined file', 'journal', 'run'] as const)
      expect(openBox(keys, other, box)?.toString()).toBe(other === kind ? 'text' : undefined);
  });

  test('of a shard, and of its frame table', () => {
    const blobs = filesOf(keys);
    const writer = ShardWriter.create(blobs, path, 1, ORIGIN.shard);
    writer.append(Buffer.from('{"id":1}\n'), 1);
    writer.finish(ORIGIN);
    const bytes = readFileSync(path);
    const read = () => {
      const reader = ShardReader.open(blobs, path);
      try {
        expect(reader.readFrameSync(0).toString()).toBe('{"id":1}\n');
      } finally {
        reader.close();
      }
    };
    expectRefused(bytes, 8, read);
    const table = bytes.lastIndexOf('GRST');
    expect(table).toBeGreaterThan(0);
    // Version and flags: flag bit 0 says that it is sealed.
    for (const [offset, value] of [
      [4, 0],
      [4, 2],
      [5, 0],
      [5, 0x81],
    ] as const) {
      const changed = Buffer.from(bytes);
      if (changed[table + offset] === value) continue;
      changed[table + offset] = value;
      writeFileSync(path, changed);
      expect(read, `${offset} is ${value}`).toThrow(expect.objectContaining(DAMAGE));
    }
  });
});

// Goal: whatever is done to the audit log afterwards is found, and the entry at which it begins is named. The hash of each
// entry is what the documentation says.
// Method: a log of fifty entries in a catalog in memory, and one in LMDB, with keys and without. Each entry in turn is changed,
// removed, inserted again, exchanged with the next one, or made the last one; its checksum, and the seal of an encrypted index,
// are made right again, as by an attacker who can. node:crypto computes the chain again from the documented form.

import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { appendEntry } from '../../dist/src/store/audit/append.js';
import { decodeEntry, encodeEntry } from '../../dist/src/store/audit/chain.js';
import { checkpointLine, checkpointOf, parseCheckpoint } from '../../dist/src/store/audit/checkpoint.js';
import { auditEntries } from '../../dist/src/store/audit/log.js';
import { verifyAudit } from '../../dist/src/store/audit/verify.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { MemoryPlace } from '../../dist/src/store/lock/memory-place.js';
import { nextGeneration } from '../../dist/src/store/publish/publish-state.js';
import type { Catalog } from '../../dist/src/store/types.js';
import { temporaryDirectory } from '../support/build-store.js';

const ENTRIES = 50;
const SEQUENCES = Array.from({ length: ENTRIES }, (_, i) => i + 1);
const seal = {
  storeId: Buffer.alloc(16, 7),
  keys: 'hidden' as const,
  active: 1,
  dataKeys: [
    { number: 1, key: Buffer.alloc(32, 1) },
    { number: 2, key: Buffer.alloc(32, 2) },
  ],
};
const directory = temporaryDirectory();
const sealedDirectory = temporaryDirectory();
afterAll(sealedDirectory.remove);

interface Place {
  readonly seal?: typeof seal;
}

async function filled(catalog: Catalog, place: Place = {}): Promise<Catalog> {
  for (const sequence of SEQUENCES) {
    await catalog.transaction((write) => {
      const before = catalog.generation();
      nextGeneration(catalog, write);
      const collections = [{ name: `collection ${sequence}`, put: sequence }];
      appendEntry({ catalog, write, place }, before, { operation: 'transaction', transactions: 1, collections });
    });
  }
  return catalog;
}

const valueAt = (catalog: Catalog, sequence: number): Buffer => catalog.auditValues(sequence, sequence, 1)[0]!.value;

/** What was found after a change, which is taken back. */
async function foundIn(
  catalog: Catalog,
  place: Place,
  change: (write: Parameters<Parameters<Catalog['transaction']>[0]>[0]) => void,
) {
  const head = catalog.auditHead()!;
  const values = catalog.auditValues(1, ENTRIES, ENTRIES);
  await catalog.transaction(change);
  catalog.refresh();
  const { isSound, fault } = await verifyAudit({ read: catalog, place });
  await catalog.transaction((write) => {
    write.deleteAuditEntries(1, ENTRIES + 9);
    for (const { sequence, value } of values) write.putAuditValue(sequence, value);
    write.putAuditHead(head);
  });
  expect(isSound).toBe(fault === undefined);
  return fault?.sequence;
}

const newMemory = () => new MemoryPlace().openCatalog({ create: true, readOnly: false });
const kinds: { readonly [kind: string]: { readonly place: Place; readonly open: () => Promise<Catalog> } } = {
  memory: { place: {}, open: newMemory },
  'memory, with keys': { place: { seal }, open: newMemory },
  LMDB: { place: {}, open: () => LmdbCatalog.open(directory.path, { create: true, readOnly: false }) },
  'LMDB, encrypted': {
    place: { seal },
    open: () => LmdbCatalog.open(sealedDirectory.path, { create: true, readOnly: false, seal }),
  },
};

describe.each(Object.keys(kinds))('a log in %s', (kind) => {
  const { place, open } = kinds[kind]!;
  let catalog: Catalog;
  const found = (change: Parameters<typeof foundIn>[2]) => foundIn(catalog, place, change);
  /** Each change of LMDB is synced. */
  const some = kind.startsWith('memory')
    ? SEQUENCES
    : SEQUENCES.filter((sequence) => sequence % 10 === 1 || sequence === ENTRIES);

  beforeAll(async () => {
    catalog = await filled(await open(), place);
  });
  afterAll(() => catalog.close());

  test('is sound as it was written', async () => {
    const report = await verifyAudit({ read: catalog, place });
    expect(report).toEqual({ isSound: true, entries: ENTRIES, first: 1, last: ENTRIES, unlogged: 0 });
  });

  test('a flipped bit anywhere in an entry is found, also where its checksum was made again', async () => {
    for (const sequence of some) {
      const value = valueAt(catalog, sequence);
      const { hash, text } = decodeEntry(value, sequence, 'file');
      for (const at of [0, 8, 8 + 31, 8 + 32, value.byteLength >>> 1, value.byteLength - 1]) {
        const raw = Buffer.from(value);
        raw[at]! ^= 4;
        expect(await found((write) => write.putAuditValue(sequence, raw))).toBe(sequence);
        if (at < 8) continue;
        const sealed = encodeEntry(hash, text);
        sealed[at - 8]! ^= 4;
        expect(await found((write) => write.putAuditEntry(sequence, sealed))).toBe(sequence);
      }
    }
  });

  test('a changed entry with a hash of its own is found at the next one', async () => {
    for (const sequence of some) {
      const { text } = decodeEntry(valueAt(catalog, sequence), sequence, 'file');
      const previous = sequence === 1 ? Buffer.alloc(32) : decodeEntry(valueAt(catalog, sequence - 1), 0, '').hash;
      const forged = Buffer.from(text.toString().replace('"put":', '"put":9'));
      const hash = createHash('sha256').update(previous).update(forged).digest();
      // Whoever has no key cannot make the hash of a chain with keys.
      const expected = place.seal === undefined ? Math.min(sequence + 1, ENTRIES) : sequence;
      expect(await found((write) => write.putAuditEntry(sequence, encodeEntry(hash, forged)))).toBe(expected);
    }
  });

  test('a removed entry is found', async () => {
    for (const sequence of some) {
      expect(await found((write) => write.deleteAuditEntries(sequence, sequence))).toBe(sequence);
    }
  });

  test('an entry that is inserted again, the others moved, is found', async () => {
    for (const sequence of some) {
      const moved = catalog.auditValues(sequence, ENTRIES, ENTRIES);
      const fault = await found((write) => {
        for (const { sequence: at, value } of moved) write.putAuditValue(at + 1, value);
      });
      expect(fault).toBe(sequence + 1);
    }
  });

  test('entries that were exchanged are found', async () => {
    for (const sequence of some) {
      const other = sequence === ENTRIES ? 1 : sequence + 1;
      const [one, two] = [valueAt(catalog, sequence), valueAt(catalog, other)];
      const fault = await found((write) => {
        write.putAuditValue(sequence, two);
        write.putAuditValue(other, one);
      });
      expect(fault).toBe(Math.min(sequence, other));
    }
  });

  test('a log that was cut off is found, at either end', async () => {
    for (const sequence of some) {
      expect(await found((write) => write.deleteAuditEntries(sequence, ENTRIES))).toBe(sequence);
      if (sequence === ENTRIES) continue;
      expect(await found((write) => write.deleteAuditEntries(1, sequence))).toBe(1);
      // Also where the head was made to say so.
      const base = decodeEntry(valueAt(catalog, sequence), sequence, '').hash.toString('hex');
      const fault = await found((write) => {
        write.deleteAuditEntries(1, sequence);
        write.putAuditHead({ ...catalog.auditHead()!, first: sequence + 1, base });
      });
      expect(fault).toBe(sequence);
    }
  });

  test('a log whose end and head were taken back is exposed by a checkpoint', async () => {
    const head = catalog.auditHead()!;
    const line = checkpointLine(checkpointOf(catalog)!);
    const since = parseCheckpoint(line);
    const at = ENTRIES - 5;
    const values = catalog.auditValues(at + 1, ENTRIES, ENTRIES);
    const hash = decodeEntry(valueAt(catalog, at), at, '').hash.toString('hex');
    await catalog.transaction((write) => {
      write.deleteAuditEntries(at + 1, ENTRIES);
      write.putAuditHead({ ...head, sequence: at, hash });
    });
    catalog.refresh();
    expect((await verifyAudit({ read: catalog, place })).isSound).toBe(true);
    const report = await verifyAudit({ read: catalog, place, since });
    expect(report).toMatchObject({
      isSound: false,
      fault: { sequence: ENTRIES, message: expect.stringContaining('rolled back') },
    });
    await catalog.transaction((write) => {
      for (const { sequence, value } of values) write.putAuditValue(sequence, value);
      write.putAuditHead(head);
    });
    catalog.refresh();
    expect((await verifyAudit({ read: catalog, place, since })).isSound).toBe(true);
  });
});

/** As docs/audit.md says: the entry without `previous` and `hash`, as JSON. */
async function expectChain(catalog: Catalog, hashOf: (previous: Buffer, text: string) => string): Promise<void> {
  let previous: Buffer = Buffer.alloc(32);
  let count = 0;
  for await (const { previous: before, hash, ...entry } of auditEntries(catalog)) {
    expect(before).toBe(previous.toString('hex'));
    expect(hash).toBe(hashOf(previous, JSON.stringify(entry)));
    previous = Buffer.from(hash, 'hex');
    count++;
  }
  expect(count).toBe(ENTRIES);
}

test('each hash is SHA-256 of the hash before and the text', async () => {
  const catalog = await filled(await newMemory());
  await expectChain(catalog, (previous, text) => createHash('sha256').update(previous).update(text).digest('hex'));
  await catalog.close();
});

test('with keys, each hash is HMAC-SHA-256 by a key derived from data key 1, and no other key fits', async () => {
  const catalog = await filled(await new MemoryPlace().openCatalog({ create: true, readOnly: false }), { seal });
  const info = Buffer.concat([Buffer.from('gristmill audit 1'), seal.storeId]);
  const key = Buffer.from(hkdfSync('sha256', seal.dataKeys[0]!.key, '', info, 32));
  await expectChain(catalog, (previous, text) => createHmac('sha256', key).update(previous).update(text).digest('hex'));
  expect((await verifyAudit({ read: catalog, place: { seal } })).isSound).toBe(true);
  expect((await verifyAudit({ read: catalog, place: {} })).fault?.sequence).toBe(1);
  await catalog.close();
});

test('a chain that begins when data key 1 is not active any more has a key of its own, which the head of the log keeps', async () => {
  const later = { ...seal, active: 2 };
  const catalog = await filled(await new MemoryPlace().openCatalog({ create: true, readOnly: false }), { seal: later });
  const key = Buffer.from(catalog.auditHead()!.key!, 'hex');
  expect(key).toHaveLength(32);
  await expectChain(catalog, (previous, text) => createHmac('sha256', key).update(previous).update(text).digest('hex'));
  const withoutFirst = { ...later, dataKeys: later.dataKeys.slice(1) };
  expect((await verifyAudit({ read: catalog, place: { seal: withoutFirst } })).isSound).toBe(true);
  await catalog.close();
});

test('entries come newest first in reverse, over batches, with the same hashes', async () => {
  const catalog = await new MemoryPlace().openCatalog({ create: true, readOnly: false });
  for (let i = 0; i < 14; i++) await filled(catalog);
  const forwards = [];
  for await (const entry of auditEntries(catalog)) forwards.push(entry);
  const backwards = [];
  for await (const entry of auditEntries(catalog, true)) backwards.push(entry);
  expect(forwards).toHaveLength(14 * ENTRIES);
  expect(backwards.reverse()).toEqual(forwards);
  await catalog.close();
});

test('the store of the log in LMDB opens, and verify names the fault', async () => {
  const store = await openStore(directory.path);
  expect((await store.verify()).isSound).toBe(true);
  await store.close();
  const catalog = await LmdbCatalog.open(directory.path, { create: false, readOnly: false });
  await catalog.transaction((write) => write.deleteAuditEntries(7, 7));
  await catalog.close();
  const again = await openStore(directory.path);
  const { faults } = await again.verify();
  expect(faults).toMatchObject([{ kind: 'audit', message: expect.stringContaining('entry 7 of the audit log') }]);
  await again.close();
  directory.remove();
});

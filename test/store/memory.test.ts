// A store in memory: its sorted map is what sorting an array gives, its states are isolated, and nothing it does writes to
// a disk. (That it does what a store on disk does is shown by the suites that run over both.)
// Method: random changes against a plain Map; a real import and lookups in a process whose system calls are watched.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memory, openStore } from '../../src/index.js';
import type { ByteRange } from '../../src/store/catalog/byte-map.js';
import { SortedMap } from '../../src/store/catalog/sorted-map.js';
import { MemoryBlobs } from '../../src/store/files/memory-blobs.js';
import { placeOf } from '../../src/store/lock/memory-place.js';
import { runs } from '../support/effort.js';
import { fileWith } from '../support/import-files.js';

const key = fc.uint8Array({ maxLength: 2 });
const range = fc.record(
  { start: key, end: key, exclusiveStart: fc.boolean(), reverse: fc.boolean(), limit: fc.nat(40) },
  { requiredKeys: ['start'] },
);
const change = fc.record({ key, value: fc.option(fc.uint8Array({ maxLength: 3 })) });

/** The range, the slow way. */
function rangeOf(model: ReadonlyMap<string, string>, { start, end, exclusiveStart, reverse, limit }: ByteRange) {
  const order = (hex: string, bound: Uint8Array) => Buffer.compare(Buffer.from(hex, 'hex'), bound) * (reverse ? -1 : 1);
  const inside = [...model].filter(
    ([hex]) => order(hex, start) >= (exclusiveStart ? 1 : 0) && (end === undefined || order(hex, end) < 0),
  );
  inside.sort(([left], [right]) => order(left, Buffer.from(right, 'hex')));
  return inside.slice(0, limit);
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function expectSame(map: SortedMap, model: ReadonlyMap<string, string>, ranges: readonly ByteRange[]): void {
  for (const [name, value] of model) expect(map.get(Buffer.from(name, 'hex'))?.toString('hex')).toBe(value);
  for (const one of [{ start: Buffer.of() }, ...ranges]) {
    const expected = rangeOf(model, one);
    expect(map.range(one).map(({ key, value }) => [hex(key), hex(value)])).toEqual(expected);
    expect(map.keys(one).map(hex)).toEqual(expected.map(([name]) => name));
  }
}

test('a blob keeps what was appended to it, whatever becomes of the buffer: an array or a Buffer', () => {
  for (const bytes of [Uint8Array.of(1, 2), Buffer.of(1, 2)]) {
    const blobs = new MemoryBlobs();
    const writer = blobs.create('blob', 'blob');
    writer.append(bytes);
    bytes.fill(3);
    writer.append(bytes);
    const into = Buffer.alloc(4);
    expect(blobs.open('blob', 'blob').readSync(into, 0)).toBe(4);
    expect([...into]).toEqual([1, 2, 3, 3]);
  }
});

describe('the sorted map', () => {
  test('is what a Map is, sorted; a copy leaves the original as it was', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 400, size: 'max' }), { maxLength: 3 }),
        fc.array(range, { maxLength: 12 }),
        (batches, ranges) => {
          let map = new SortedMap();
          let model = new Map<string, string>();
          const before: (readonly [SortedMap, Map<string, string>])[] = [];
          for (const batch of batches) {
            before.push([map, model]);
            map = new SortedMap(map);
            model = new Map(model);
            for (const { key, value } of batch) {
              if (value === null) expect(map.remove(key)).toBe(model.delete(hex(key)));
              else {
                map.put(key, value);
                model.set(hex(key), hex(value));
              }
            }
          }
          for (const [map, model] of before) expectSame(map, model, ranges);
          expectSame(map, model, ranges);
        },
      ),
      { numRuns: runs(60) },
    );
  });

  test('gives and keeps copies', () => {
    const map = new SortedMap();
    const value = Buffer.from('value');
    map.put(Buffer.from('key'), value);
    value.fill(0);
    map.get(Buffer.from('key'))?.fill(0);
    for (const { key, value } of map.range({ start: Buffer.of() })) {
      key.fill(0);
      value.fill(0);
    }
    for (const key of map.keys({ start: Buffer.of() })) key.fill(0);
    expect(map.get(Buffer.from('key'))?.toString()).toBe('value');
  });
});

describe('a store in memory', () => {
  test('is there for as long as its place, and only in it', async () => {
    const place = memory();
    await expect(openStore(place, { create: false })).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
    const first = await openStore(place);
    expect(first.directory).toBe('memory');
    await first.import(fileWith('{"id":1}\n{"id":2}\n'), { key: 'id' });
    const second = await openStore(place, { readOnly: true });
    await first.close();
    expect(second.collection().getSync(2)).toEqual({ id: 2 });
    await expect(second.import(fileWith('1'))).rejects.toThrow('read-only');
    await second.close();
    const third = await openStore(place);
    expect(third.collection().count()).toBe(2);
    expect(third.stat().bytes.index).toBeGreaterThan(0);
    await third.close();
    const other = await openStore(memory());
    expect(other.collections()).toEqual([]);
    await other.close();
  });

  test('keeps rejected records where they can be read', async () => {
    const place = memory();
    const store = await openStore(place);
    const options = { key: 'id', onBadRecord: 'quarantine', workers: 4, spanBytes: 8 } as const;
    const report = await store.import(fileWith('{"id":1}\nbad\n{"id":2}\n'), options);
    expect(report).toMatchObject({ workers: 1, records: { read: 3, stored: 2, rejected: 1 } });
    const [line, end] = place
      .read(report.quarantine as string)
      .toString()
      .split('\n');
    expect(JSON.parse(line as string)).toMatchObject({ record: 1, offset: 9, rawBase64: btoa('bad') });
    expect(end).toBe('');
    // Runs and files of spans are gone.
    expect(placeOf(place).blobs.list('memory/tmp')).toEqual([]);
    await store.close();
  });

  test('can be cancelled in the middle of an import, and is as it was', async () => {
    const store = await openStore(memory());
    await store.import(fileWith('"old"'));
    const source = fileWith(Array.from({ length: 20_000 }, (_, i) => `{"id":${i}}\n`).join(''));
    const aborting = new AbortController();
    const stages = new Set<string>();
    const onProgress = ({ stage }: { readonly stage: string }) => {
      // From outside the import: it has to give way for this to run.
      if (stage === 'scan' && !stages.has(stage)) setTimeout(() => aborting.abort(), 1);
      stages.add(stage);
    };
    const importing = store.import(source, { key: 'id', spanBytes: 1000, signal: aborting.signal, onProgress });
    await expect(importing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([...stages]).toEqual(['scan']);
    expect(store.collection().getSync(0)).toBe('old');
    await store.import(source, { key: 'id', spanBytes: 100_000 });
    expect(store.collection().count()).toBe(20_000);
    await store.close();
  });

  test('has a turn for each writer; closing cancels its imports and leaves nothing', async () => {
    const place = memory();
    const store = await openStore(place);
    const other = await openStore(place);
    const source = fileWith(Array.from({ length: 20_000 }, (_, i) => `{"id":${i}}\n`).join(''));
    let closing: Promise<void> | undefined;
    let refused: Promise<unknown> | undefined;
    const onProgress = () => {
      refused ??= expect(other.import(source, { wait: false })).rejects.toMatchObject({ code: 'STORE_BUSY' });
      closing ??= refused.then(() => store.close());
    };
    const importing = store.import(source, { key: 'id', spanBytes: 1000, onProgress });
    await expect(importing).rejects.toMatchObject({ code: 'CANCELLED' });
    await closing;
    expect(other.collections()).toEqual([]);
    expect(placeOf(place).blobs.list('memory')).toEqual([]);
    await other.import(source, { key: 'id' });
    expect(other.collection().count()).toBe(20_000);
    await other.close();
  });

  const hasStrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
  test.skipIf(!hasStrace)(
    'writes no file and makes no directory',
    () => {
      const log = mkdtempSync(join(tmpdir(), 'gristmill-strace-'));
      try {
        const calls = (program: string): string[] => {
          const trace = join(log, 'trace');
          const watched = 'trace=openat,open,creat,mkdir,mkdirat,rename,renameat2,link,symlink,unlink,memfd_create';
          const flags = ['-f', '-qq', '-s', '4096', '-e', watched, '-o', trace];
          const code = `import { openStore, memory } from './dist/src/index.js';\n${program}`;
          const node = [process.execPath, '--input-type=module', '-e', code];
          const { status, stderr } = spawnSync('strace', [...flags, ...node], {
            encoding: 'utf8',
            env: { PATH: '/usr/bin:/bin' },
          });
          expect([status, stderr]).toEqual([0, '']);
          return readFileSync(trace, 'utf8').split('\n').filter(isWrite);
        };
        const source = fileWith('{"id":1,"t":"a"}\nbad\n{"id":1,"t":"b"}\n{"id":2,"t":"a"}\n');
        const use = (where: string) => `
        const store = await openStore(${where});
        const options = { key: 'id', indexes: ['t'], onBadRecord: 'quarantine', spanBytes: 16 };
        for (const mode of ['replace', 'upsert', 'replace']) await store.import(${JSON.stringify(source)}, { ...options, mode });
        const records = store.collection();
        if (records.getSync(1).t !== 'b' || (await records.get(2)).t !== 'a') throw new Error('wrong');
        for await (const _ of records.find('t', 'a'));
        for await (const _ of records.scan());
        store.stat();
        await store.close();`;
        expect(calls(use('memory()'))).toEqual([]);
        // The watch does see what a store on disk writes.
        expect(calls(use(JSON.stringify(join(log, 'store')))).length).toBeGreaterThan(10);
      } finally {
        rmSync(log, { recursive: true, force: true });
      }
    },
    120_000,
  );
});

/** A system call that changes what is on disk, or opens something to change it. */
function isWrite(call: string): boolean {
  if (!/\w+\(/.test(call) || /"\/(dev|proc)\//.test(call)) return false;
  return !/\bopen(at)?\(/.test(call) || /O_WRONLY|O_RDWR|O_CREAT/.test(call);
}

// Goal: after any sequence of changes to a folder, a synchronised collection is what a fresh import of it would be.
// Method: files are written, appended to, touched and removed at random; after each round the collection is compared with
// a fresh import into another store, and verified; and synchronised again, which has to find nothing.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SyncOptions } from '../../dist/src/sources/sync.js';
import { runs } from '../support/effort.js';
import { contentOf, freshly, linesOf, SYNC_KINDS, syncedStore, Tree } from '../support/sync.js';

const NAMES = ['a.json', 'b/a.json', 'b/b.json', 'b.json', 'c.ndjson', 'd.jsonl'];
const record = fc.record({ id: fc.integer({ min: 0, max: 12 }), v: fc.integer({ min: 0, max: 99 }) });
const unique = fc.record({ id: fc.integer({ min: 1000, max: 1_000_000_000 }), v: fc.integer({ min: 0, max: 99 }) });

type Step =
  | { readonly what: 'write'; readonly name: string; readonly records: readonly unknown[] }
  | { readonly what: 'append'; readonly name: string; readonly records: readonly unknown[] }
  | { readonly what: 'remove' | 'touch'; readonly name: string };

const stepsOf = (records: fc.Arbitrary<unknown>) => {
  const name = fc.constantFrom(...NAMES);
  const several = fc.array(records, { maxLength: 4 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ what: fc.constant('write' as const), name, records: several }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('append' as const), name, records: several }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('remove' as const, 'touch' as const), name }) },
  );
  return fc.array(fc.array(step, { maxLength: 3 }), { minLength: 1, maxLength: 6 });
};

function take(tree: Tree, step: Step, existing: Set<string>): void {
  const { name } = step;
  const hasLines = !name.endsWith('.json');
  if (step.what === 'write') {
    const { records } = step;
    // One record, or an array of them; lines.
    const text = records.length === 1 ? JSON.stringify(records[0]) : JSON.stringify(records);
    tree.write(name, hasLines ? linesOf(records) : text);
    existing.add(name);
  } else if (existing.has(name)) {
    if (step.what === 'append' && hasLines) tree.append(name, linesOf(step.records));
    if (step.what === 'touch') tree.touch(name);
    if (step.what === 'remove') {
      tree.remove(name);
      existing.delete(name);
    }
  }
}

describe.each(SYNC_KINDS)('%s', (kind) => {
  test.each<[string, fc.Arbitrary<unknown>, SyncOptions]>([
    ['named by their paths', record, {}],
    ['with keys that no two files share', unique, { key: 'id', indexes: ['v'] }],
    ['with keys that files share', record, { key: 'id' }],
    ['with keys that files share, the first record staying', record, { key: 'id', onDuplicate: 'first' }],
    ['cut into spans', unique, { key: 'id', spanBytes: 24 }],
  ])('a folder, %s, is what a fresh import of it would be', async (_, records, options) => {
    await fc.assert(
      fc.asyncProperty(stepsOf(records), async (rounds) => {
        const tree = new Tree();
        const existing = new Set<string>();
        const { store, sync } = await syncedStore(kind);
        for (const steps of rounds) {
          for (const step of steps) take(tree, step, existing);
          await sync(tree.root, options);
          expect(await contentOf(store, kind === 'on disk, keys hidden')).toEqual(await freshly(tree.root, options));
          expect((await store.verify({ workers: 1 })).faults).toEqual([]);
          expect(await sync(tree.root, options)).toEqual({
            ...{ changed: 0, added: 0, removed: 0, unchanged: existing.size, bytesRead: 0 },
            records: { imported: 0, replaced: 0, removed: 0, rejected: 0 },
          });
        }
      }),
      { numRuns: runs(kind === 'in memory' ? 4 : 1) },
    );
  });

  test('a long file of lines, changed in places, is what a fresh import of it would be', async () => {
    const line = (id: number, v: number) => JSON.stringify({ id, v: String(v).padEnd(40, '.') });
    const at = fc.double({ min: 0, max: 0.999, noNaN: true });
    const edit = fc.oneof(
      fc.record({ what: fc.constant('same length' as const), at }),
      fc.record({ what: fc.constantFrom('longer' as const, 'cut' as const, 'append' as const), at }),
      fc.record({ what: fc.constantFrom('no newline' as const, 'another id' as const, 'touch' as const), at }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
        const tree = new Tree();
        const options = { key: 'id', spanBytes: 8192, onDuplicate: 'last' } as const;
        let lines = Array.from({ length: 2000 }, (_, i) => line(100_000 + i, i));
        let next = 500_000;
        tree.write('log.ndjson', `${lines.join('\n')}\n`);
        const { store, sync } = await syncedStore(kind);
        await sync(tree.path('log.ndjson'), options);
        for (const { what, at: share } of edits) {
          const i = Math.floor(share * lines.length);
          const { id } = JSON.parse(lines[i] ?? line(next, 0)) as { id: number };
          if (what === 'same length') lines[i] = line(id, next++);
          if (what === 'another id') lines[i] = line(next++, 0);
          if (what === 'longer') lines[i] = `${line(id, next++)}   `;
          if (what === 'cut') lines = lines.slice(0, Math.max(i, 1500));
          if (what === 'append') lines.push(line(next++, 1));
          const before = tree.bytes('log.ndjson');
          if (what !== 'touch') tree.write('log.ndjson', lines.join('\n') + (what === 'no newline' ? '' : '\n'));
          else tree.touch('log.ndjson');
          const { bytesRead, changed } = await sync(tree.path('log.ndjson'), options);
          expect(changed).toBe(1);
          // Read once to be hashed, and one or two spans to be imported; or, where its hashes are not known, imported.
          if (what === 'same length') expect(bytesRead).toBeLessThanOrEqual(before + 3 * 8192 + 100);
          expect(await contentOf(store, kind === 'on disk, keys hidden')).toEqual(
            await freshly(tree.path('log.ndjson'), options),
          );
        }
        expect((await store.verify({ workers: 1 })).faults).toEqual([]);
      }),
      { numRuns: runs(kind === 'on disk' ? 1 : 2) },
    );
  });
});

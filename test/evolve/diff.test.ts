// Goal: a proposed rename is one, nearly all of them are found, and nothing is removed unasked. Method: 200 collections with changes
// that are known: members renamed, removed, added, and removed and added with values of the same kind. By hand: kinds, objects within
// objects, questions that no migration may have.

import { describe, expect, it } from 'vitest';
import { diffOf, type Proposal } from '../../src/evolve/diff/diff.js';
import { diffOfSchemas } from '../../src/evolve/diff/schema-profile.js';
import { checkMigration } from '../../src/evolve/operations/check.js';
import { planOf } from '../../src/evolve/plan/plan.js';
import { changedCollection } from '../support/changed-collections.js';
import { runs } from '../support/effort.js';
import { profileOf } from '../support/migrations.js';

function proposed(before: readonly string[], after: readonly string[]): Proposal {
  return diffOf(profileOf(before), profileOf(after), 'c', 0);
}

const people = (count: number, make: (i: number) => object) =>
  Array.from({ length: count }, (_, i) => JSON.stringify(make(i)));

describe('a proposal', () => {
  it('has nearly all renames, and nearly none that is wrong', () => {
    let [right, wrong, missed] = [0, 0, 0];
    for (let seed = 0; seed < runs(200); seed++) {
      const { before, after, renamed } = changedCollection(seed);
      const { migration } = proposed(before, after);
      const found = migration.ops.map((op) => (op.op === 'rename' ? [op.path, op.to] : [op.op]));
      const good = found.filter(([from, to]) => to !== undefined && renamed.get(from!) === to).length;
      right += good;
      wrong += found.length - good;
      missed += renamed.size - good;
    }
    expect(right / (right + wrong)).toBeGreaterThanOrEqual(0.99);
    expect(right / (right + missed)).toBeGreaterThanOrEqual(0.9);
  });

  it('renames within objects that were renamed', () => {
    const before = people(50, (i) => ({ id: i, user: { name: `Ann ${i}`, city: `c${i}`, zip: `${i}` } }));
    const after = people(50, (i) => ({ id: i, person: { fullName: `Ann ${i}`, city: `c${i}`, zip: `${i}` } }));
    const { migration, evidence } = proposed(before, after);
    expect(migration).toEqual({
      collection: 'c',
      from: 0,
      to: 1,
      ops: [
        { op: 'rename', path: 'user', to: 'person' },
        { op: 'rename', path: 'person.name', to: 'fullName' },
      ],
    });
    expect(evidence[1]).toMatchObject({ kinds: 1, values: 1, isTelling: true });
    expect(before.map((text) => planOf([checkMigration(migration)]).up(text))).toEqual(after);
  });

  it('asks where two pairs are as good, and before it removes', () => {
    const before = people(50, (i) => ({ id: i, from: `p${i}`, note: 'x' }));
    const after = people(50, (i) => ({ id: i, source: `p${i}`, sink: `p${i}` }));
    const { migration } = proposed(before, after);
    expect(migration.ops).toEqual([]);
    expect(migration.questions!.map(({ path, choices }) => [path, choices.map(({ op }) => op)])).toEqual([
      ['from', ['rename', 'rename', 'remove']],
      ['note', ['remove']],
      ['sink', ['add']],
      ['source', ['add']],
    ]);
    expect(() => checkMigration(migration)).toThrow(
      expect.objectContaining({ code: 'BAD_MIGRATION', message: expect.stringContaining('"/questions/0"') }),
    );
  });

  it('asks what becomes of values of another kind', () => {
    const before = people(20, (i) => ({ id: i, price: `${i}`, tag: 'a', size: i }));
    const after = people(20, (i) => ({ id: i, price: i, tag: ['a'], size: i + 0.5 }));
    const { questions } = proposed(before, after).migration;
    expect(questions!.map(({ path, choices }) => [path, choices])).toEqual([
      ['price', [{ op: 'retype', path: 'price', from: 'string', to: 'integer' }]],
      ['tag', []],
    ]);
  });

  it('says nothing of records of one shape, and of members that only some newer records have', () => {
    const before = people(20, (i) => ({ id: i }));
    expect(proposed(before, before).migration).toEqual({ collection: 'c', from: 0, to: 1, ops: [] });
    expect(proposed(before, [...before, '{"id":99,"new":1}']).migration.questions).toBeUndefined();
  });

  it('is made of two JSON Schemas, too', () => {
    const address = {
      type: 'object',
      properties: { zip: { type: 'string' }, city: { type: 'string' }, floor: { type: 'integer' } },
    };
    const before = {
      type: 'object',
      required: ['id', 'name'],
      properties: {
        id: { type: 'integer' },
        name: { type: 'string' },
        born: { type: 'string', format: 'date' },
        home: { $ref: '#/$defs/a' },
      },
      $defs: { a: address },
    };
    const after = {
      type: 'object',
      required: ['id', 'full_name', 'state'],
      properties: {
        id: { type: 'string' },
        full_name: { type: 'string' },
        bornOn: { type: 'string', format: 'date' },
        address,
        state: { enum: ['new', 'old'] },
      },
    };
    const { migration } = diffOfSchemas(before, after, 'c', 4);
    expect(migration).toMatchObject({ collection: 'c', from: 4, to: 5 });
    expect(migration.ops).toEqual([
      { op: 'rename', path: 'home', to: 'address' },
      { op: 'rename', path: 'born', to: 'bornOn' },
      { op: 'rename', path: 'name', to: 'full_name' },
    ]);
    expect(migration.questions!.map(({ path, choices }) => [path, choices[0]!.op])).toEqual([
      ['state', 'add'],
      ['id', 'retype'],
    ]);
    expect(diffOfSchemas(before, before, 'c', 0).migration.ops).toEqual([]);
    expect(diffOfSchemas({ $ref: '#' }, { items: { $ref: '#' } }, 'c', 0).migration.ops).toEqual([]);
  });
});

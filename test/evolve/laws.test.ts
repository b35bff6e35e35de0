// Goal: what a newer version changes of a record can be written to the older one, and nothing is lost. The laws of lenses: nothing is
// changed that was not (GetPut), and the change is there (PutGet). Method: random chains of operations that fit a random record; the
// record itself, with a member more, and with other values.

import { describe, expect, it } from 'vitest';
import { MigrationFailure } from '../../src/evolve/failure.js';
import { planOf } from '../../src/evolve/plan/plan.js';
import type { Operation, Plan } from '../../src/evolve/types.js';
import { runs, seedOfTurn } from '../support/effort.js';
import { migrationsOf, randomChain, randomRecord, randomValue } from '../support/migrations.js';
import { type Random, randomFrom } from '../support/random.js';

const NEW = '"a member of the newer version":[1]';

function changedBy(operation: Operation, text: string): string | undefined {
  return unlessRefused(() => planOf(migrationsOf([operation])).up(text));
}

function unlessRefused(work: () => string): string | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof MigrationFailure) return undefined;
    throw error;
  }
}

/** Chains that do something to their record, and both. */
function* plans(count: number, seed: number, isOdd: boolean): Generator<readonly [Plan, string, Random]> {
  const random = randomFrom(seedOfTurn(seed));
  for (let i = 0; i < count; i++) {
    const record = randomRecord(random, isOdd);
    const chain = randomChain(random, record, 1 + random(i % 4 === 0 ? 12 : 2), changedBy);
    if (chain.length === 0) continue;
    const plan = planOf(migrationsOf(chain));
    if (unlessRefused(() => plan.up(record)) !== undefined) yield [plan, record, random];
  }
}

/** The object with a member more, at its end. */
function withNew(text: string): string {
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}${NEW}}`;
}

function withoutNew(text: string): string {
  return text.replace(`,${NEW}`, '').replace(`${NEW},`, '').replace(NEW, '');
}

/** The same members, with other values here and there. */
function otherValues(random: Random, value: unknown): unknown {
  if (random(6) === 0) return JSON.parse(randomValue(random, false, 1));
  if (Array.isArray(value)) return value.map((one) => otherValues(random, one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, otherValues(random, one)]));
}

describe('an older record of a changed one', () => {
  it('is the stored one where nothing changed, byte for byte', () => {
    for (const [plan, record] of plans(runs(400), 1, true)) {
      const newer = plan.up(record);
      expect(plan.down(newer, record)).toBe(record);
    }
  });

  it('is the stored one with what changed', () => {
    for (const [plan, record] of plans(runs(400), 2, true)) {
      const newer = withNew(plan.up(record));
      const older = unlessRefused(() => plan.down(newer, record));
      if (older === undefined) continue;
      expect(withoutNew(older)).toBe(record);
      // `up` puts its own members at the end: the new one may stand before them.
      expect(JSON.parse(plan.up(older))).toEqual(JSON.parse(newer));
    }
  });

  it('has all that was changed', () => {
    let count = 0;
    for (const [plan, record, random] of plans(runs(600), 3, false)) {
      const plain = JSON.stringify(JSON.parse(record));
      const other = JSON.stringify(otherValues(random, JSON.parse(record)));
      const newer = unlessRefused(() => plan.up(other));
      const older = newer && unlessRefused(() => plan.down(newer, plain));
      if (older === undefined) continue;
      expect(plan.up(older!), `${plain} was ${other}`).toBe(newer);
      count++;
    }
    expect(count).toBeGreaterThan(runs(600) / 3);
  });

  it('needs no stored one if nothing is lost', () => {
    let count = 0;
    for (const [plan, record] of plans(runs(1000), 4, false)) {
      if (!plan.isLossless) continue;
      expect(plan.down(plan.up(record))).toBe(record);
      count++;
    }
    expect(count).toBeGreaterThan(runs(1000) / 10);
  });

  it.each([
    ['changed', '[{"n":1},{"n":9},{"n":3}]', '[{"n":1,"s":"a"},{"n":9,"s":"b"},{"n":3,"s":"c"}]'],
    ['first changed', '[{"n":9},{"n":2},{"n":3}]', '[{"n":9,"s":"a"},{"n":2,"s":"b"},{"n":3,"s":"c"}]'],
    ['inserted', '[{"n":9},{"n":1},{"n":2},{"n":3}]', '[{"n":9},{"n":1,"s":"a"},{"n":2,"s":"b"},{"n":3,"s":"c"}]'],
    ['removed', '[{"n":1},{"n":3}]', '[{"n":1,"s":"a"},{"n":3,"s":"c"}]'],
    ['in another order', '[{"n":3},{"n":1},{"n":2}]', '[{"n":3,"s":"c"},{"n":1,"s":"a"},{"n":2,"s":"b"}]'],
    ['two changed', '[{"n":8},{"n":9},{"n":3}]', '[{"n":8,"s":"a"},{"n":9,"s":"b"},{"n":3,"s":"c"}]'],
    ['too many to tell', '[{"n":7},{"n":8},{"n":9},{"n":3}]', '[{"n":7},{"n":8},{"n":9},{"n":3,"s":"c"}]'],
  ])('keeps what is hidden in elements: %s', (_, newer, older) => {
    const hide: Operation = { op: 'each', path: 'list', ops: [{ op: 'remove', path: 's' }] };
    const stored = '{"list":[{"n":1,"s":"a"},{"n":2,"s":"b"},{"n":3,"s":"c"}]}';
    expect(planOf(migrationsOf([hide])).down(`{"list":${newer}}`, stored)).toBe(`{"list":${older}}`);
  });
});

// Goal: what a profile says of a plan is true: what it proves never fails, what it calls certain does, and an older version can read what
// it says it can. Method: random records of one shape, their profile, and random chains; each record is brought up, and down
// again, and its failures compared. Counts by hand.

import { describe, expect, it, test } from 'vitest';
import { MigrationFailure } from '../../src/evolve/failure.js';
import { migration } from '../../src/evolve/operations/builder.js';
import { planOf } from '../../src/evolve/plan/plan.js';
import { compatibility } from '../../src/evolve/proof/compatibility.js';
import { proofOf } from '../../src/evolve/proof/proof.js';
import { runs, seedOfTurn } from '../support/effort.js';
import {
  isObject,
  migrationsOf,
  profileOf,
  randomChain,
  randomOperation,
  randomRecord,
  randomValue,
} from '../support/migrations.js';
import { type Random, randomFrom } from '../support/random.js';

function failureOf(work: () => string): MigrationFailure | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof MigrationFailure) return error;
    throw error;
  }
}

/** Here and there another value, or a member less. */
function varied(random: Random, value: unknown): unknown {
  if (random(30) === 0) return JSON.parse(randomValue(random, false, 1));
  if (Array.isArray(value)) return value.map((one) => varied(random, one));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(() => random(25) > 0);
  return Object.fromEntries(kept.map(([name, one]) => [name, varied(random, one)]));
}

describe('of random records', () => {
  it('the profile says the truth of a plan', () => {
    const random = randomFrom(seedOfTurn(1));
    let [fine, proven, certain] = [0, 0, 0];
    for (let i = 0; i < runs(600); i++) {
      const first = randomRecord(random, i % 3 === 0);
      const others = Array.from({ length: random(30) }, () => JSON.stringify(varied(random, JSON.parse(first))));
      const records = [first, ...others];
      const change = (operation: Parameters<typeof migrationsOf>[0][number], text: string) => {
        const plan = planOf(migrationsOf([operation]));
        return failureOf(() => plan.up(text)) === undefined ? plan.up(text) : undefined;
      };
      const isAny = random(3) === 0;
      const chain = isAny
        ? [randomOperation(random, JSON.parse(first))]
        : randomChain(random, first, 1 + random(3), change);
      if (chain.length === 0) continue;
      const plan = planOf(migrationsOf(chain));
      const profile = profileOf(records);
      const { isProven, doubts } = proofOf(plan, profile);
      const failures = records.flatMap((record) => failureOf(() => plan.up(record)) ?? []);
      for (const { version, reason, path } of failures) {
        const named = doubts.filter((doubt) => doubt.version === version);
        expect(
          named.map((doubt) => doubt.reason ?? reason),
          `${JSON.stringify(chain)} ${path} ${records}`,
        ).toContain(reason);
      }
      if (isProven) expect(failures).toEqual([]);
      if (chain.length === 1) {
        for (const doubt of doubts.filter((one) => one.isCertain)) {
          certain++;
          expect(failures.length, `${JSON.stringify(chain)} ${JSON.stringify(doubt)} ${records}`).toBeGreaterThan(0);
        }
      }
      if (failures.length === 0) {
        fine++;
        proven += isProven ? 1 : 0;
      }
      if (compatibility(plan.migrations, profile, 'full', { isTransitive: true }).isProven) {
        for (const record of records) expect(failureOf(() => plan.down(plan.up(record)))).toBeUndefined();
      }
    }
    expect(proven / fine).toBeGreaterThan(0.6);
    expect(certain).toBeGreaterThan(3);
  });
});

const people = [
  '{"id":1,"name":"Ann Lee","sex":"f","price":"1.50","address":{"city":"Bonn"}}',
  '{"id":2,"name":"Bob","sex":"m","price":"2","address":null}',
  '{"id":3,"sex":"x","price":"3 €","mail":"a@b.de"}',
];

describe('counts', () => {
  const start = migration('c', { from: 0 });
  test.each([
    [migration('c', { from: 0 }).rename('id', 'key'), []],
    [migration('c', { from: 0 }).rename('id', 'mail'), [['TARGET_EXISTS', 'mail', 1, true]]],
    [migration('c', { from: 0 }).retype('price', 'string', 'number'), [['NOT_CONVERTIBLE', 'price', 1, true]]],
    [
      migration('c', { from: 0 }).map('sex', [
        ['m', 1],
        ['f', 2],
      ]),
      [['NOT_IN_TABLE', 'sex', 1, true]],
    ],
    [migration('c', { from: 0 }).map('sex', [['m', 1]], { otherwise: 0 }), []],
    [migration('c', { from: 0 }).split('name', ['first', 'last'], ' '), [['WRONG_PARTS', 'name', 1, true]]],
    [migration('c', { from: 0 }).move('id', 'address.id'), [['NO_PARENT', 'address.id', 3, false]]],
    [migration('c', { from: 0 }).flatten('address', ['city']), [['WRONG_KIND', 'address', 1, true]]],
    [migration('c', { from: 0 }).merge(['id', 'sex'], 'both', '-'), [['WRONG_KIND', 'id', 3, true]]],
    [migration('c', { from: 0 }).remove('mail').rename('id', 'mail').wrap('mail').unwrap('mail'), []],
    [start.add('address.country', 'DE').retype('id', 'integer', 'string').retype('id', 'string', 'integer'), []],
  ])('%#', (builder, expected) => {
    const { doubts } = proofOf(planOf([builder.build()]), profileOf(people));
    expect(doubts.map(({ reason, path, count, isCertain }) => [reason, path, count, isCertain])).toEqual(expected);
  });

  it('say what an older version cannot read', () => {
    const last = migration('c', { from: 1 })
      .map('sex', [['m', 'male']], { otherwise: 'other' })
      .build();
    const chain = [migration('c', { from: 0 }).retype('price', 'string', 'number').build(), last];
    const ask = (...rest: [Parameters<typeof compatibility>[2], Parameters<typeof compatibility>[3]?]) =>
      compatibility(chain, profileOf(people), ...rest).doubts.map(({ version, path, count }) => [version, path, count]);
    expect(ask('backward')).toEqual([]);
    expect(ask('backward', { isTransitive: true })).toEqual([[1, 'price', 1]]);
    expect(ask('forward')).toEqual([[2, 'sex', 2]]);
    expect(ask('full', { isTransitive: true })).toEqual([
      [1, 'price', 1],
      [2, 'sex', 2],
    ]);
  });
});

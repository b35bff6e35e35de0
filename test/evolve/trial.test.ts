// Goal: where a trial says that a record passes, the plan does not fail for it, and where all is plain it says so. Method: random chains on
// random records, also odd ones (repeated members, needless escapes), one by one and as the lines of a frame, against the plan.

import { expect, it } from 'vitest';
import { MigrationFailure } from '../../src/evolve/failure.js';
import { planOf } from '../../src/evolve/plan/plan.js';
import { trialOf } from '../../src/evolve/plan/trial.js';
import type { Plan } from '../../src/evolve/types.js';
import { runs, seedOfTurn } from '../support/effort.js';
import { migrationsOf, randomChain, randomOperation, randomRecord } from '../support/migrations.js';
import { randomFrom } from '../support/random.js';

function upOf(plan: Plan, text: string): string | undefined {
  try {
    return plan.up(text);
  } catch (error) {
    if (error instanceof MigrationFailure) return undefined;
    throw error;
  }
}

it('says of no record that it passes that fails', () => {
  const random = randomFrom(seedOfTurn(1));
  const seen = { passed: 0, fine: 0, failed: 0, allPassed: 0 };
  for (let i = 0; i < runs(600); i++) {
    const first = randomRecord(random, i % 2 === 0);
    const isPlain = random(3) > 0;
    const chain = isPlain
      ? Array.from({ length: 1 + random(3) }, () => randomOperation(random, JSON.parse(first))).filter(({ op }) =>
          ['rename', 'add', 'remove'].includes(op),
        )
      : randomChain(random, first, 1 + random(6), (operation, text) => upOf(planOf(migrationsOf([operation])), text));
    const trial = chain.length === 0 ? undefined : trialOf(migrationsOf(chain));
    if (trial === undefined) continue;
    const records = [first, ...Array.from({ length: random(4) }, () => randomRecord(random, true))];
    const plan = planOf(migrationsOf(chain));
    const fine = records.map((record) => upOf(plan, record) !== undefined);
    const passed = records.map((record) => trial.passes(Buffer.from(record)));
    const areFine = fine.every(Boolean);
    const context = `${JSON.stringify(chain)} on ${records.join('\n')}`;
    for (const [at, one] of passed.entries()) if (one) expect(fine[at], context).toBe(true);
    if (trial.passesAll(Buffer.from(`${records.join('\n')}\n`))) {
      expect(areFine, context).toBe(true);
      seen.allPassed++;
    }
    seen.passed += passed.filter(Boolean).length;
    seen.fine += fine.filter(Boolean).length;
    seen.failed += areFine ? 0 : 1;
  }
  expect(seen.passed / seen.fine).toBeGreaterThan(0.8);
  expect(seen.failed).toBeGreaterThan(3);
  expect(seen.allPassed).toBeGreaterThan(3);
});

it.each([
  [{ op: 'rename', path: 'a', to: 'name' }, '{"a":1,"b":{"n":2}}', true, true],
  [{ op: 'rename', path: 'a', to: 'name' }, '{"a":1,"b":{"name":2}}', false, true],
  [{ op: 'rename', path: 'a', to: 'name' }, '{"a":1,"n\\u0061me":2}', false, false],
  [{ op: 'rename', path: 'a', to: 'name' }, '{"a":1,"b":"\\u00e9 \\u2026"}', true, true],
  [{ op: 'rename', path: 'a', to: 'näme' }, '{"a":1}', false, true],
  [{ op: 'retype', path: 'a', from: 'number', to: 'string' }, '{"a":1}', false, true],
  [{ op: 'retype', path: 'a', from: 'number', to: 'string' }, '{"a":"1"}', false, false],
  [{ op: 'move', path: 'a', to: 'b.a' }, '{"a":1}', false, false],
] as const)('%#: %j', (operation, text, all, one) => {
  const trial = trialOf(migrationsOf([operation]))!;
  const bytes = Buffer.from(text);
  expect([trial.passesAll(bytes), trial.passes(bytes)]).toEqual([all, one]);
});

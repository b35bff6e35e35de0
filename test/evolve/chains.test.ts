// Goal: a plan of many migrations does what they do one after another, byte for byte, and fails where they fail. Method: random chains
// of 2 to 50 operations that fit a random record, on that record and on others, which are odd (repeated members, needless
// escapes, other shapes); each operation alone by the interpreter. And for plain records a model on values of JSON.parse.

import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/evolve/failure.js';
import type { Context } from '../../src/evolve/operations/kind.js';
import { interpreted } from '../../src/evolve/plan/interpret.js';
import { planOf } from '../../src/evolve/plan/plan.js';
import type { Operation, Plan } from '../../src/evolve/types.js';
import { runs, seedOfTurn } from '../support/effort.js';
import { modelOf } from '../support/migration-model.js';
import { migrationsOf, randomChain, randomRecord } from '../support/migrations.js';
import { randomFrom } from '../support/random.js';

const CONTEXT: Context = { functions: [], compile: (actions) => interpreted(actions, CONTEXT) };

/** The text after one operation; undefined if it refuses the record. */
function changedBy(operation: Operation, text: string): string | undefined {
  try {
    return interpreted([operation], CONTEXT)(text);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** What a plan of the whole chain has to give: a text, or the version that fails. */
function oneByOne(chain: readonly Operation[], record: string): string | number {
  let text = record;
  for (const [i, operation] of chain.entries()) {
    const changed = changedBy(operation, text);
    if (changed === undefined) return i + 1;
    text = changed;
  }
  return text;
}

function byPlan(plan: Plan, record: string): string | number {
  try {
    return plan.up(record);
  } catch (error) {
    return (error as { version: number }).version ?? Promise.reject(error);
  }
}

describe('a plan of many migrations', () => {
  it('does what they do one after another', () => {
    const random = randomFrom(seedOfTurn(1));
    for (let i = 0; i < runs(400); i++) {
      const first = randomRecord(random, i % 2 === 1);
      const chain = randomChain(random, first, 2 + random(i % 5 === 0 ? 49 : 8), changedBy);
      if (chain.length === 0) continue;
      const plan = planOf(migrationsOf(chain));
      const others = Array.from({ length: 3 }, () => randomRecord(random, true));
      for (const record of [first, ...others]) {
        expect(byPlan(plan, record), `${JSON.stringify(chain)} on ${record}`).toBe(oneByOne(chain, record));
      }
    }
  });

  it('spells a name without its needless escapes where a member is renamed and gets its name back', () => {
    const chain: Operation[] = [
      { op: 'rename', path: 'a', to: 'b' },
      { op: 'rename', path: 'b', to: 'a' },
    ];
    const record = '{"\\u0061":1,"\\u0063":2}';
    expect(byPlan(planOf(migrationsOf(chain)), record)).toBe('{"a":1,"\\u0063":2}');
    expect(oneByOne(chain, record)).toBe('{"a":1,"\\u0063":2}');
  });

  it('does what a model on values does', () => {
    const random = randomFrom(seedOfTurn(2));
    const model = (operation: Operation, text: string): string | undefined => {
      try {
        return JSON.stringify(modelOf(operation, JSON.parse(text)));
      } catch {
        return undefined;
      }
    };
    for (let i = 0; i < runs(400); i++) {
      const records = Array.from({ length: 4 }, () => JSON.stringify(JSON.parse(randomRecord(random, false))));
      const chain = randomChain(random, records[0]!, 1 + random(8), model);
      for (const record of records) {
        let expected: string | undefined = record;
        for (const operation of chain) expected = expected && model(operation, expected);
        const given = chain.length === 0 ? record : byPlan(planOf(migrationsOf(chain)), record);
        const plain = typeof given === 'number' ? undefined : JSON.stringify(JSON.parse(given));
        expect(plain, `${JSON.stringify(chain)} on ${record}`).toBe(expected);
      }
    }
  });
});

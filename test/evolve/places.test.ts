// Goal: a plan says of a key path whether its value may change, and where it came from. Method: by hand; and random chains on random
// records, where a path that is not touched has the same value, and a moved one the value of its source.

import { describe, expect, it, test } from 'vitest';
import { migration } from '../../src/evolve/operations/builder.js';
import { planOf } from '../../src/evolve/plan/plan.js';
import { parsePath } from '../../src/keys/paths.js';
import { runs, seedOfTurn } from '../support/effort.js';
import { isObject, migrationsOf, randomChain, randomRecord } from '../support/migrations.js';
import { pick, randomFrom } from '../support/random.js';

const plan = planOf([
  migration('c', { from: 0 }).rename('user.name', 'fullName').move('zip', 'address.zip').remove('old').build(),
  migration('c', { from: 1 })
    .rename('user', 'person')
    .nest(['street'], 'address2')
    .each('items', (e) => e.wrap('n'))
    .build(),
]);

test.each([
  ['id', 'id'],
  ['person.fullName', 'user.name'],
  ['person.fullName.x', 'user.name.x'],
  ['person.age', 'user.age'],
  ['person', undefined],
  ['user.name', undefined],
  ['address.zip', 'zip'],
  ['address.city', 'address.city'],
  ['address2.street', 'street'],
  ['old', undefined],
  ['items.n', undefined],
  ['/items/0/n', undefined],
  [
    ['id', 'person.age'],
    ['id', 'user.age'],
  ],
  [['id', 'old'], undefined],
])('the value of %j was at %j', (path, source) => {
  expect(plan.sourceOf(path)).toEqual(source);
  if (source === undefined) expect(plan.touches(path)).toBe(true);
  if (path === source) expect(plan.touches(path)).toBe(false);
});

describe('of any record', () => {
  it('says the truth', () => {
    const random = randomFrom(seedOfTurn(1));
    let count = 0;
    for (let i = 0; i < runs(800); i++) {
      const record = randomRecord(random, false);
      const one = (ops: Parameters<typeof migrationsOf>[0], text: string) => {
        try {
          return planOf(migrationsOf(ops)).up(text);
        } catch {
          return undefined;
        }
      };
      const chain = randomChain(random, record, 1 + random(4), (operation, text) => one([operation], text));
      const newer = chain.length === 0 ? undefined : one(chain, record);
      if (newer === undefined) continue;
      const plan = planOf(migrationsOf(chain));
      for (const path of pathsIn(JSON.parse(pick(random, [record, newer])))) {
        const at = JSON.stringify(valueAt(JSON.parse(newer), path));
        const source = plan.sourceOf(path) as string | undefined;
        if (!plan.touches(path)) expect(at).toBe(JSON.stringify(valueAt(JSON.parse(record), path)));
        if (source !== undefined) expect(at).toBe(JSON.stringify(valueAt(JSON.parse(record), source)));
        if (source !== undefined && source !== path) count++;
      }
    }
    expect(count).toBeGreaterThan(10);
  });
});

function pathsIn(value: unknown): string[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const step = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return [step, ...pathsIn(member).map((path) => step + path)];
  });
}

function valueAt(value: unknown, path: string): unknown {
  return parsePath(path).reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value);
}

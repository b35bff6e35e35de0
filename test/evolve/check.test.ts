// Goal: what is no migration is refused with its place, and the builder makes what a file would say. Method: each field of each
// operation, wrong in turn.

import { describe, expect, it } from 'vitest';
import { migration } from '../../src/evolve/operations/builder.js';
import { checkMigration } from '../../src/evolve/operations/check.js';
import { planOf } from '../../src/evolve/plan/plan.js';

const file = (...ops: unknown[]) => ({ collection: 'users', from: 3, to: 4, ops });
const rename = { op: 'rename', path: 'a', to: 'b' };

describe('a migration', () => {
  it.each([
    ['its root', []],
    ['"/collection"', { ...file(rename), collection: '' }],
    ['"/from"', { ...file(rename), from: -1 }],
    ['"/to"', { ...file(rename), to: 5 }],
    ['"/note~1s"', { ...file(rename), 'note/s': '' }],
    ['"/ops"', file()],
    ['"/ops/1"', file(rename, null)],
    ['"/ops/0/op"', file({ ...rename, op: 'renam' })],
    ['"/ops/0/op"', file({ ...rename, op: 'absent' })],
    ['"/ops/0/to"', file({ op: 'rename', path: 'a' })],
    ['"/ops/0/to"', file({ ...rename, to: 'a' })],
    ['"/ops/0/value"', file({ ...rename, value: 1 })],
    ['"/ops/0/path"', file({ ...rename, path: 'a..b' })],
    ['"/ops/0/path"', file({ ...rename, path: ['a', 'b'] })],
    ['"/ops/0/to"', file({ op: 'move', path: 'a', to: 'a.b' })],
    ['"/ops/0/to"', file({ op: 'move', path: 'a.b', to: 'a' })],
    ['"/ops/0/value"', file({ op: 'add', path: 'a', value: [undefined] })],
    ['"/ops/0/value"', file({ op: 'add', path: 'a', value: new Date() })],
    ['"/ops/0/values"', file({ op: 'map', path: 'a', values: [] })],
    [
      '"/ops/0/values/1/0"',
      file({
        op: 'map',
        path: 'a',
        values: [
          ['x', 1],
          ['x', 2],
        ],
      }),
    ],
    ['"/ops/0/values/0/1"', file({ op: 'map', path: 'a', values: [['x', {}]] })],
    ['"/ops/0/otherwise"', file({ op: 'map', path: 'a', values: [['x', 1]], otherwise: [] })],
    ['"/ops/0/to"', file({ op: 'retype', path: 'a', from: 'number', to: 'boolean' })],
    ['"/ops/0/into"', file({ op: 'split', path: 'a', into: ['a'], separator: ' ' })],
    ['"/ops/0/separator"', file({ op: 'split', path: 'a', into: ['b'], separator: '' })],
    ['"/ops/0/members"', file({ op: 'merge', path: 'a', members: ['b', 'b'], separator: ' ' })],
    ['"/ops/0/members"', file({ op: 'nest', path: 'a', members: [] })],
    ['"/ops/0/ops/1/to"', file({ op: 'each', path: 'a', ops: [rename, { ...rename, to: 1 }] })],
    ['"/ops/0/name"', file({ op: 'call', name: '', version: 1 })],
    ['"/ops/0/version"', file({ op: 'call', name: 'f', version: '1' })],
  ])('is refused at %s', (place, value) => {
    const refused = { code: 'BAD_MIGRATION', message: expect.stringContaining(`wrong at ${place}: it `) };
    expect(() => checkMigration(value)).toThrow(expect.objectContaining(refused));
  });

  it('must not nest operations without end', () => {
    const nested = Array.from({ length: 20 }).reduce<object>((ops) => ({ op: 'each', path: 'a', ops: [ops] }), rename);
    expect(() => checkMigration(file(nested))).toThrow('"each"');
  });

  it('follows the one before', () => {
    const next = { ...checkMigration(file(rename)), from: 4, to: 5 };
    expect(planOf([checkMigration(file(rename)), next])).toMatchObject({ from: 3, to: 5 });
    expect(() => planOf([])).toThrow(TypeError);
    expect(() => planOf([next, checkMigration(file(rename))])).toThrow('from version 3, and not 5');
    expect(() => planOf([checkMigration(file(rename)), { ...next, collection: 'x' }])).toThrow('"x"');
  });
});

it('the builder makes the data of a migration file', () => {
  const built = migration('users', { from: 3 })
    .rename('a', 'b')
    .move('c', 'd.c')
    .add('e', { f: [1] })
    .remove('g')
    .map('h', [['x', 1]], { otherwise: null })
    .map('h2', [['x', 1]])
    .retype('i', 'string', 'number')
    .split('j', ['k', 'l'], ' ')
    .merge(['m', 'n'], 'o', '-')
    .wrap('p')
    .unwrap('q')
    .nest(['r', 's'], 't')
    .flatten('u', ['v'])
    .each('w', (elements) => elements.rename('x', 'y').each('z', (inner) => inner.remove('1')))
    .call('f', 1)
    .build();
  expect(JSON.parse(JSON.stringify(built))).toEqual(
    file(
      { op: 'rename', path: 'a', to: 'b' },
      { op: 'move', path: 'c', to: 'd.c' },
      { op: 'add', path: 'e', value: { f: [1] } },
      { op: 'remove', path: 'g' },
      { op: 'map', path: 'h', values: [['x', 1]], otherwise: null },
      { op: 'map', path: 'h2', values: [['x', 1]] },
      { op: 'retype', path: 'i', from: 'string', to: 'number' },
      { op: 'split', path: 'j', into: ['k', 'l'], separator: ' ' },
      { op: 'merge', path: 'o', members: ['m', 'n'], separator: '-' },
      { op: 'wrap', path: 'p' },
      { op: 'unwrap', path: 'q' },
      { op: 'nest', path: 't', members: ['r', 's'] },
      { op: 'flatten', path: 'u', members: ['v'] },
      {
        op: 'each',
        path: 'w',
        ops: [
          { op: 'rename', path: 'x', to: 'y' },
          { op: 'each', path: 'z', ops: [{ op: 'remove', path: '1' }] },
        ],
      },
      { op: 'call', name: 'f', version: 1 },
    ),
  );
  expect(() => migration('users', { from: 3 }).build()).toThrow('/ops');
});

// Random steps for the transaction suite: what is done to a store, one after another.

import fc from 'fast-check';
import { KEYS, type KeyKind, type KeyNumber } from './store-model.js';

export const COLLECTIONS = ['path', 'name', 'ordinal'] as const satisfies readonly KeyKind[];

/** A record to be: its members as spelled. `form` picks one of the spellings of a key. */
export interface Draft {
  readonly key: KeyNumber;
  readonly form: number;
  readonly tags: readonly KeyNumber[];
  readonly extra: string;
}

export type Step =
  | { readonly do: 'transaction'; readonly operations: readonly Operation[]; readonly fails: boolean }
  | {
      readonly do: 'import';
      readonly into: KeyKind;
      readonly mode: 'replace' | 'upsert' | 'insert';
      readonly drafts: readonly Draft[];
    }
  | { readonly do: 'reopen' | 'snapshot' | 'compact' };

export type Operation = { readonly on: KeyKind } & (
  | { readonly do: 'put' | 'putText'; readonly draft: Draft }
  | { readonly do: 'patch'; readonly key: KeyNumber; readonly draft: Draft; readonly movesKey: boolean }
  | { readonly do: 'delete' | 'get'; readonly key: KeyNumber }
  | { readonly do: 'count' }
);

const anyKey = fc.nat(KEYS.length - 1);
/** No record can have null, the first of them, as its primary key. */
const anyPrimary = fc.integer({ min: 1, max: KEYS.length - 1 });
const anyDraft: fc.Arbitrary<Draft> = fc.record({
  key: anyPrimary,
  form: fc.nat(5),
  tags: fc.array(anyKey, { maxLength: 4 }),
  extra: fc.constantFrom('1e400', '123456789012345678901234567890', '"\\u0041\\/"', '{"a":1,"a":2}', '1.50', '[]'),
});
const anyOperation: fc.Arbitrary<Operation> = fc
  .tuple(
    fc.constantFrom(...COLLECTIONS),
    fc.oneof(
      fc.record({ do: fc.constantFrom('put' as const, 'putText' as const), draft: anyDraft }),
      fc.record({ do: fc.constant('patch' as const), key: anyKey, draft: anyDraft, movesKey: fc.boolean() }),
      fc.record({ do: fc.constantFrom('delete' as const, 'get' as const), key: anyKey }),
      fc.record({ do: fc.constant('count' as const) }),
    ),
  )
  .map(([on, operation]) => ({ on, ...operation }));
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('transaction' as const),
      operations: fc.array(anyOperation, { maxLength: 12 }),
      fails: fc.nat(4).map((n) => n === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('import' as const),
      into: fc.constantFrom(...COLLECTIONS),
      mode: fc.constantFrom('replace' as const, 'upsert' as const, 'insert' as const),
      drafts: fc.array(anyDraft, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'snapshot' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'compact' as const }) },
);

// Stores that are encrypted and hide their keys, beside plain ones: suites run over both.

import type { StoreOptions } from '../../dist/src/index.js';

/** The key of the stores of tests. */
export const STORE_KEY = new Uint8Array(32).fill(7);

/** How a store keeps the keys of its records. */
export const KEY_FORMS = ['plain', 'hidden'] as const;
export type KeyForm = (typeof KEY_FORMS)[number];

/** The options that open such a store, or make it. */
export function optionsOf(form: KeyForm): StoreOptions {
  return { ...keyOf(form), ...(form === 'hidden' && { keys: 'hidden' }) };
}

/** The key alone, as a repair takes it. */
export function keyOf(form: KeyForm): Pick<StoreOptions, 'encryption'> {
  return form === 'hidden' ? { encryption: { key: STORE_KEY } } : {};
}

/** The error about what needs the order of keys. */
export const NEEDS_ORDER = { code: 'RANGE_NEEDS_PLAINTEXT_KEYS' };

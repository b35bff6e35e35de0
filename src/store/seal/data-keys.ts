// store at rest: [seal]
//
// The data keys of an opened ring, while other processes may add one: what is sealed says by which data key, and whoever meets
// one that it does not know looks at the ring again. Values of the index tell it first, because each transaction seals the
// digest and the header with the active data key (docs/format.md, Sealed index).

import type { DataKey, SealKeys } from './types.js';

/** How the ring of a store is read again. Copies of keys in worker threads have none: they come with each task. */
const renewals = new WeakMap<SealKeys, () => void>();

/** @param renew reads the ring again, and adds what is new by `adopt` */
export function followBy(seal: SealKeys, renew: () => void): void {
  renewals.set(seal, renew);
}

/** Looks at the ring again. @throws what `renew` throws */
export function renewKeys(seal: SealKeys): void {
  renewals.get(seal)?.();
}

/** A data key; undefined where the ring does not have it. @throws what `renew` throws */
export function dataKeyOf(seal: SealKeys, number: number): DataKey | undefined {
  const known = findKey(seal, number);
  if (known !== undefined || !renewals.has(seal)) return known;
  renewKeys(seal);
  return findKey(seal, number);
}

/** Adds data keys, and makes one active. All who share these keys have them from now on. */
export function adopt(seal: SealKeys, dataKeys: readonly DataKey[], active: number): void {
  const kept = seal.dataKeys as DataKey[];
  for (const one of dataKeys) if (findKey(seal, one.number) === undefined) kept.push(one);
  (seal as { active: number }).active = active;
}

/** Numbers of all data keys, the active one first. */
export function numbersOf({ active, dataKeys }: SealKeys): readonly number[] {
  return [active, ...dataKeys.map(({ number }) => number).filter((number) => number !== active)];
}

function findKey({ dataKeys }: SealKeys, number: number): DataKey | undefined {
  return dataKeys.find((one) => one.number === number);
}

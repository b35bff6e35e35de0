// Numbers from a seed: a test that fails says which, and fails again with it.

/** mulberry32: gives integers from 0, below the number it is asked for. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export type Random = (below: number) => number;

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)] as T;
}

// Random numbers that are the same on every machine: everything the generators draw comes from here.

/**
 * sfc32, a small generator with 128 bits of state. A record is generated from (seed, ordinal) alone, so that any
 * record can be had without the ones before it; 32 bits of state would make records of a big file collide.
 */
export class Dice {
  // An Int32Array, because a plain field holding a 32-bit integer is boxed anew on every draw.
  private readonly state = new Int32Array(4);

  /** Starts the draws that belong to this seed and this number (an ordinal, the number of a user ...). */
  start(seed: number, number: number): this {
    const state = this.state;
    state[0] = seed;
    state[1] = number;
    state[2] = number / 2 ** 32;
    state[3] = 1;
    for (let round = 0; round < 12; round++) this.bits();
    return this;
  }

  /** 32 random bits as a non-negative integer. */
  bits(): number {
    const state = this.state;
    const a = state[0]!;
    const b = state[1]!;
    const c = state[2]!;
    const counter = state[3]!;
    const drawn = (a + b + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + drawn;
    state[3] = counter + 1;
    return drawn >>> 0;
  }

  /** An integer from 0 up to, not including, `end`. */
  below(end: number): number {
    return Math.floor((this.bits() / 2 ** 32) * end);
  }

  /** An integer whose size varies over magnitudes, as counts of followers and prices do. */
  magnitude(digitsMax: number): number {
    return this.below(10 ** (1 + this.below(digitsMax)));
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.bits() < (percent / 100) * 2 ** 32;
  }

  oneOf<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }
}

/** A bijection on 32-bit integers: unique in, unique out, in no order. Each step can be undone, so none can collide. */
export function permute(number: number, seed: number): number {
  let mixed = number ^ Math.imul(seed, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/**
 * Items drawn as often as words are used: the n-th most frequent about 1/n as often as the first (Zipf).
 * The weights are spread over a table once, so a draw is one look into it.
 */
export class Zipf<Item> {
  private readonly slots: readonly Item[];

  constructor(items: readonly Item[]) {
    const slotCount = 2 ** 16;
    const weights = items.map((_, rank) => 1 / (rank + 3));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.slots = items.flatMap((item, rank) => {
      const count = Math.max(1, Math.round((weights[rank]! / total) * slotCount));
      return new Array<Item>(count).fill(item);
    });
  }

  draw(dice: Dice): Item {
    return this.slots[dice.below(this.slots.length)]!;
  }
}

// What the processes of bench/stalls.mjs agree on: one clock, and what is said of the samples of each.

import { readFileSync } from 'node:fs';
import { percentiles } from './latencies.mjs';

/** The system's steady clock is the same for all processes; `performance.now` is the cheaper way to read it. */
export const OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();
export const now_ms = () => performance.now() + OFFSET_MS;

/**
 * How long this process' main thread could have run and had no core, since it began: other work on the machine, not a stall of
 * the store. Zero where the system does not say so.
 */
export function queued_ms() {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** What was measured, in plain numbers: objects would be garbage to collect, which is one of the stalls to be found. */
export class Samples {
  #numbers = new Float64Array(3 * 4096);
  #parts = new Map();
  #count = 0;

  /** @param queued how long it had no core @param parts what else is to be known of it, if it should be the longest */
  add(at, ms, queued, parts) {
    const from = 3 * this.#count;
    if (from === this.#numbers.length) {
      const grown = new Float64Array(2 * from);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[from] = at;
    this.#numbers[from + 1] = ms;
    this.#numbers[from + 2] = Math.min(ms, queued);
    if (parts !== undefined) this.#parts.set(this.#count, parts);
    this.#count++;
  }

  /** Those that overlap with a span. */
  within(from, to) {
    return Array.from({ length: this.#count }, (_, i) => {
      const [at, ms, queued] = this.#numbers.subarray(3 * i, 3 * i + 3);
      return { at, ms, queued, ...this.#parts.get(i) };
    }).filter(({ at, ms }) => at < to && at + ms > from);
  }
}

/**
 * Percentiles of the samples that fall into a span of a phase; of each span the longest, and the longest without the time in
 * which it had no core.
 * @param {Samples} samples @param {{ phase: string, from: number, to: number }[]} spans
 * @param explain what more is to be known of the latter
 */
export function phasesOf(samples, spans, explain = () => {}) {
  const phases = {};
  for (const { phase, from, to } of spans) {
    const inside = samples.within(from, to);
    phases[phase] ??= { all: [], longest: [], busiest: [] };
    const { all, longest, busiest } = phases[phase];
    for (const { ms } of inside) all.push(ms);
    if (inside.length === 0) continue;
    longest.push(most(inside, ({ ms }) => ms));
    const busy = most(inside, ({ ms, queued }) => ms - queued);
    busiest.push({ ...busy, ...explain(busy) });
  }
  return Object.fromEntries(
    Object.entries(phases).map(([phase, { all, ...rest }]) => [phase, { ...percentiles(all), ...rest }]),
  );
}

const most = (all, value) => all.reduce((best, one) => (value(one) > value(best) ? one : best));

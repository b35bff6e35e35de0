// Functions timed inside this process by tinybench, in turns (A B A B ...), so that a machine that slows down does so for all.

import { Bench } from 'tinybench';

/**
 * @typedef {{ name: string, run: () => unknown, isAsync?: boolean, operations?: number }} Task `operations` are done in one call
 * @typedef {{ median: number, p99: number, min: number, max: number, samples: number }} Micros microseconds for one operation
 */

/**
 * Times each task `iterations` times in each of `rounds` rounds; the first round is preceded by a warm-up.
 * @param {Task[]} tasks
 * @param {{ rounds: number, iterations: number, warmups?: number }} amount
 * @returns {Promise<Map<string, Micros>>}
 */
export async function inTurns(tasks, { rounds, iterations, warmups = 1 }) {
  const taken_us = new Map(tasks.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({
      ...{ time: 0, iterations, retainSamples: true, throws: true },
      ...{ warmup: round === 0, warmupTime: 0, warmupIterations: warmups },
    });
    for (const { name, run, isAsync = false } of tasks) bench.add(name, run, { async: isAsync });
    await bench.run();
    for (const { name, operations = 1 } of tasks) {
      const { latency } = bench.getTask(name).result;
      for (const sample_ms of latency.samples) taken_us.get(name).push((sample_ms * 1e3) / operations);
    }
  }
  return new Map([...taken_us].map(([name, samples]) => [name, micros(samples)]));
}

/** @param {number[]} samples @returns {Micros} */
export function micros(samples) {
  const sorted = Float64Array.from(samples).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { median: at(0.5), p99: at(0.99), min: at(0), max: at(1), samples: sorted.length };
}

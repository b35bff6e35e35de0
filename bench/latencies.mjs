// Latencies as numbers and as lines of a picture: what stands at a percentile, not the mean, is what a reader meets.

/** Percentiles of a curve; its axis stretches the end, where the slow ones are. */
const CURVE = [0, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99];

/** @typedef {{ p50: number, p90: number, p99: number, p999: number, max: number, samples: number }} Percentiles */

/** @param {Iterable<number>} samples @returns {Percentiles} */
export function percentiles(samples) {
  const sorted = Float64Array.from(samples).sort();
  return {
    ...{ p50: at(sorted, 50), p90: at(sorted, 90), p99: at(sorted, 99), p999: at(sorted, 99.9) },
    ...{ max: at(sorted, 100), samples: sorted.length },
  };
}

/** Points of a percentile curve, as far as there are samples to tell. */
export function curve(samples) {
  const sorted = Float64Array.from(samples).sort();
  return CURVE.filter((percentile) => sorted.length * (1 - percentile / 100) >= 1).map((percentile) => ({
    ...{ percentile, oneIn: 1 / (1 - percentile / 100), micros: at(sorted, percentile) },
  }));
}

/** How many samples lie in each of the bins, as a share of all; those beyond the last are in none. Bins grow by the same factor. */
export function histogram(samples, { from, to, bins }) {
  const counts = new Array(bins).fill(0);
  const factor = (to / from) ** (1 / bins);
  for (const sample of samples) {
    const bin = Math.floor(Math.log(sample / from) / Math.log(factor));
    if (bin >= 0 && bin < bins) counts[bin]++;
  }
  return counts.map((count, bin) => ({
    ...{ from: from * factor ** bin, to: from * factor ** (bin + 1), share: count / samples.length },
  }));
}

/** The axes of percentile curves, for the encoding of a picture. */
export const CURVE_AXES = {
  x: {
    ...{ field: 'oneIn', type: 'quantitative', scale: { type: 'log' }, title: 'share of the reads that are as fast' },
    axis: {
      values: [1, 2, 10, 100, 1000, 10_000],
      labelExpr: "format(100 - 100 / datum.value, '~g') + ' %'",
    },
  },
  y: {
    ...{ field: 'micros', type: 'quantitative', scale: { type: 'log' }, title: 'µs a read' },
    axis: { values: [1, 10, 100, 1000, 10_000, 100_000] },
  },
};

const at = (sorted, percentile) => sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percentile) / 100))];

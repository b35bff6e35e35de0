// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A double of BSON as JSON: with a point, an exponent, or an object of its own, so that it is no whole number's text.

/** The shortest text that is this double again, and no whole number's. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `{"$numberDouble":"${value}"}`;
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

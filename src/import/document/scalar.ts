// source > [plan] > map > [scan] > key > frame > shard > verify > merge > publish
//
// Values of a document that are no container and no string.

const SCALAR = /^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)$/;
const NONFINITE = /^(?:NaN|-?Infinity)$/;

/** Whether a token is such a value. @param acceptsNonfinite whether NaN and infinities are values */
export function isScalar(token: string, acceptsNonfinite: boolean): boolean {
  return SCALAR.test(token) || (acceptsNonfinite && NONFINITE.test(token));
}

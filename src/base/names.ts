// Names of collections: what a new one may be called, checked in one place before anything is done, because a name is a key
// of the index, a word on the command line, a member of a config file and a label of metrics.

/** Longest name of a collection, in bytes of UTF-8: it is an LMDB key. */
const NAME_BYTES_MAX = 255;

const CONTROL = /\p{Cc}/u;

/** @throws TypeError for what a new collection cannot be called */
export function checkCollectionName(name: unknown): asserts name is string {
  checkNameToFind(name);
  // A lone surrogate has no UTF-8: two of them would be one key of the index.
  const isFine = name !== '' && name.isWellFormed() && !CONTROL.test(name) && Buffer.byteLength(name) <= NAME_BYTES_MAX;
  if (isFine) return;
  throw new TypeError(
    `the name of a collection must be 1 to ${NAME_BYTES_MAX} bytes of UTF-8 without control characters, not ${JSON.stringify(shortened(name))}`,
  );
}

/**
 * For a collection that may be there already: stores made before names were checked have others, which stay readable.
 * Where it is not there, the name is checked as that of a new one.
 * @throws TypeError for what is no name at all
 */
export function checkNameToFind(name: unknown): asserts name is string {
  if (typeof name === 'string') return;
  throw new TypeError(`the name of a collection must be a string, not ${name === null ? 'null' : typeof name}`);
}

function shortened(name: string): string {
  return name.length <= 50 ? name : `${name.slice(0, 50)}…`;
}

/** Collection of imports and lookups that name none. */
export const DEFAULT_COLLECTION = 'records';

// Where the facts of a path and its values are in the profiler's memory: the same numbers as in src/kernel/assembly/profile/paths.ts
// and values.ts (a test compares).

export const PATH = {
  SHORTEST: 48,
  LONGEST: 52,
  FORMATS: 56,
  DIGITS: 60,
  KINDS: 64,
  INTEGER_LEAST: 128,
  INTEGER_MOST: 136,
  ARRAY_SHORTEST: 160,
  ARRAY_LONGEST: 164,
  OBJECT_FEWEST: 168,
  OBJECT_MOST: 172,
  VALUES: 176,
  IS_SKETCH: 180,
  ELEMENTS: 184,
  OTHER_LEAST: 192,
  OTHER_LEAST_BYTES: 196,
  OTHER_MOST: 200,
  OTHER_MOST_BYTES: 204,
  BEYOND_SAFE: 208,
  BEYOND_KEYS: 216,
  REPEATS: 224,
  MEMBERS: 232,
  SIBLING: 236,
  NAME: 248,
  NAME_BYTES: 252,
  FOLDED: 256,
  IS_PARTIAL: 260,
} as const;

export const COUNTS = {
  INDEX: 8,
  ENTRY_BYTES: 48,
  ENTRY_COUNT: 8,
  ENTRY_TOKEN_BYTES: 16,
  ENTRY_TOKEN: 20,
} as const;

export const SKETCH = {
  EXAMPLES_SIZE: 20,
  HAS_ZERO: 24,
  EXAMPLES: 32,
  EXAMPLE_BYTES: 144,
  EXAMPLE_TOKEN: 16,
  SLOTS: 256,
} as const;

/** The table of hashes follows the examples, of which there is room for five. */
export const SKETCH_TABLE = SKETCH.EXAMPLES + 5 * SKETCH.EXAMPLE_BYTES;

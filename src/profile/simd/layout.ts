// Where the facts of a path and its values are in the profiler's memory: the same numbers as in src/kernel/assembly/profile/paths.ts
// and values.ts (a test compares).

export const PATH = {
  ELEMENTS: 20,
  KINDS: 48,
  REPEATS: 112,
  SHORTEST: 120,
  LONGEST: 124,
  FORMATS: 128,
  VALUES: 132,
  INTEGER_LEAST: 144,
  INTEGER_MOST: 152,
  OTHER_LEAST: 176,
  OTHER_LEAST_BYTES: 180,
  OTHER_MOST: 184,
  OTHER_MOST_BYTES: 188,
  DIGITS: 192,
  IS_SKETCH: 196,
  BEYOND_SAFE: 200,
  BEYOND_KEYS: 208,
  ARRAY_SHORTEST: 216,
  ARRAY_LONGEST: 220,
  OBJECT_FEWEST: 224,
  OBJECT_MOST: 228,
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
  EXAMPLES_SIZE: 12,
  HAS_ZERO: 16,
  EXAMPLES: 24,
  EXAMPLE_BYTES: 144,
  EXAMPLE_TOKEN: 16,
  SLOTS: 512,
} as const;

/** The table of hashes follows the examples, of which there is room for five. */
export const SKETCH_TABLE = SKETCH.EXAMPLES + 5 * SKETCH.EXAMPLE_BYTES;

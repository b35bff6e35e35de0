// Options: one table per options object (name, default, bound, meaning), resolved once into a frozen, complete object.
// A name that is not in the table is an error: a misspelled option must not silently do nothing.

const MIB = 1024 * 1024;

/** Row of a table: what an option may be. */
export type OptionRow =
  | { readonly type: 'boolean'; readonly default: boolean; readonly meaning: string }
  | {
      readonly type: 'integer';
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly meaning: string;
    }
  | {
      readonly type: 'choice';
      readonly default: string;
      readonly choices: readonly string[];
      readonly meaning: string;
    }
  | { readonly type: 'freshness'; readonly default: Freshness; readonly meaning: string };

/**
 * How new the state must be that a read sees, when a newer one was published: the newest (`immediate`); the one that was
 * served so far until the hot set of the new one is in memory (`warm`); or the same, but never one that was replaced
 * longer ago than `maxStaleMs` milliseconds.
 */
export type Freshness = 'immediate' | 'warm' | { readonly maxStaleMs: number };

export type OptionTable = Readonly<Record<string, OptionRow>>;

/** The complete options a table describes. */
export type Resolved<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Value<Table[Name]>;
};

type Value<Row extends OptionRow> = Row extends { readonly type: 'boolean' }
  ? boolean
  : Row extends { readonly type: 'integer' }
    ? number
    : Row extends { readonly type: 'choice' }
      ? Row['choices'][number]
      : Freshness;

/** A day, in milliseconds: the longest time an option may name is 365 of them. */
const DAY = 24 * 60 * 60 * 1000;
const BYTES = { type: 'integer', min: 0, max: 1024 * 1024 * MIB } as const;
const TIME = { type: 'integer', default: 0, min: 0, max: 365 * DAY } as const;

/** Options of the caches, which may be set for each collection apart. */
export const CACHE_OPTIONS = {
  frameCacheBytes: { ...BYTES, default: 64 * MIB, meaning: 'bytes of decompressed frames kept in memory' },
  frameTtlMs: { ...TIME, meaning: 'milliseconds a frame is kept; 0: as long as there is room' },
  frameIdleMs: { ...TIME, meaning: 'milliseconds a frame is kept that nobody reads; 0: as long as there is room' },
  recordCacheBytes: { ...BYTES, default: 0, meaning: 'bytes of parsed records kept in memory; 0: none are' },
  recordTtlMs: { ...TIME, meaning: 'milliseconds until a record is looked up again; 0: only when it may have changed' },
  recordIdleMs: { ...TIME, meaning: 'milliseconds a record is kept that nobody reads; 0: as long as there is room' },
  recordValues: {
    ...{ type: 'choice', default: 'frozen', choices: ['frozen', 'cloned'] },
    meaning: 'whether readers share one deep-frozen record, or get a copy each',
  },
  refreshAheadPercent: {
    ...{ type: 'integer', default: 80, min: 1, max: 100 },
    meaning: 'share of its TTL after which what is read is renewed in the background; 100: never ahead',
  },
  staleMs: { ...TIME, meaning: 'milliseconds beyond its TTL that what is cached may be given while it is renewed' },
  staleOnErrorMs: {
    ...{ ...TIME, default: 60_000 },
    meaning: 'milliseconds beyond its TTL that what is cached may be given while renewing it fails',
  },
} as const satisfies OptionTable;

export type CacheOptions = Resolved<typeof CACHE_OPTIONS>;

/** What the caches of a store are made by. */
export interface CachesOptions extends CacheOptions {
  readonly pageCacheBytes: number;
  /** Options of the caches of single collections, where they are to differ. */
  readonly collections?: Readonly<Record<string, Partial<CacheOptions>>>;
}

/** The options of the caches of one collection. */
export function cacheOptionsOf(options: CachesOptions, collection: string): CacheOptions {
  const { collections } = options;
  const own = collections !== undefined && Object.hasOwn(collections, collection) ? collections[collection] : {};
  return { ...options, ...own };
}

/** Options of `openStore`. */
export const STORE_OPTIONS = {
  create: { type: 'boolean', default: true, meaning: 'make the store where there is none' },
  readOnly: { type: 'boolean', default: false, meaning: 'only look things up; nothing is created either' },
  ...CACHE_OPTIONS,
  pageCacheBytes: {
    ...{ type: 'integer', default: 32 * MIB, min: 0, max: 1024 * 1024 * MIB },
    meaning: 'bytes of index pages kept in memory, verified',
  },
  freshness: {
    ...{ type: 'freshness', default: 'immediate' },
    meaning: 'which state reads see after a publication: immediate, warm, or at most so many milliseconds old',
  },
  hotSet: {
    ...{ type: 'boolean', default: true },
    meaning: 'remember what is read most, and load it when the store is opened again',
  },
  warmBytes: { ...BYTES, default: 32 * MIB, meaning: 'bytes of frames loaded before they are asked for, at most' },
  warmMs: { ...TIME, default: 5_000, meaning: 'milliseconds that loading the hot set may take, at most' },
} as const satisfies OptionTable;

export type ResolvedStoreOptions = Resolved<typeof STORE_OPTIONS>;
export type StoreOptions = Partial<ResolvedStoreOptions>;

/**
 * Completes options from their table.
 * @param what names the object in messages, e.g. "options".
 * @throws TypeError for a name that is not in the table, a wrong type, or a value out of bounds.
 */
export function resolveOptions<Table extends OptionTable>(
  table: Table,
  given: Partial<Resolved<Table>> | undefined,
  what = 'options',
): Resolved<Table> {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new TypeError(`${what} must be an object`);
  }
  for (const name of Object.keys(given ?? {})) {
    if (!Object.hasOwn(table, name)) {
      throw new TypeError(`${what}.${name} is not an option; there are ${Object.keys(table).join(', ')}`);
    }
  }
  const resolved: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(table)) {
    const value: unknown = given?.[name];
    resolved[name] = value === undefined ? row.default : checked(value, row, `${what}.${name}`);
  }
  return Object.freeze(resolved) as Resolved<Table>;
}

function checked(value: unknown, row: OptionRow, name: string): unknown {
  if (row.type === 'choice') {
    if (row.choices.includes(value as string)) return value;
    throw new TypeError(`${name} must be one of ${row.choices.join(', ')}`);
  }
  if (row.type === 'freshness') return checkedFreshness(value, name);
  if (row.type === 'boolean') {
    if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`);
    return value;
  }
  if (!Number.isSafeInteger(value) || (value as number) < row.min || (value as number) > row.max) {
    throw new TypeError(`${name} must be an integer from ${row.min} to ${row.max}`);
  }
  return value as number;
}

/** @throws TypeError */
export function checkedFreshness(value: unknown, name = 'options.freshness'): Freshness {
  if (value === 'immediate' || value === 'warm') return value;
  const age = (value as { readonly maxStaleMs?: unknown } | null | undefined)?.maxStaleMs;
  if (typeof age === 'number' && age >= 0) return { maxStaleMs: age };
  throw new TypeError(`${name} must be "immediate", "warm" or { maxStaleMs: milliseconds }`);
}

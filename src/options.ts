// Options: one table per options object (name, default, bound, meaning), resolved once into a frozen, complete object.
// A name that is not in the table is an error: a misspelled option must not silently do nothing.

const MIB = 1024 * 1024;

/** Row of a table: what an option may be, and what it is where nobody sets it. */
export type OptionRow = { readonly meaning: string } & (
  | { readonly type: 'boolean'; readonly default: boolean }
  | {
      readonly type: 'integer';
      readonly default: number | undefined;
      readonly min: number;
      readonly max: number;
      /** What is counted, where texts may name it by a unit: `64m`, `5s`. */
      readonly unit?: 'bytes' | 'milliseconds';
    }
  | {
      readonly type: 'number';
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly unit?: 'share';
    }
  | { readonly type: 'choice'; readonly default: string | undefined; readonly choices: readonly string[] }
  | { readonly type: 'freshness'; readonly default: Freshness }
  /** `check` throws a TypeError for a text that will not do, and for what is none. */
  | { readonly type: 'text'; readonly default: string | undefined; readonly check: (text: string) => unknown }
  | { readonly type: 'texts'; readonly default: readonly string[]; readonly check: (text: string) => unknown }
);

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
  : Row extends { readonly type: 'integer' | 'number' }
    ? number | Absent<Row>
    : Row extends { readonly type: 'choice' }
      ? Row['choices'][number] | Absent<Row>
      : Row extends { readonly type: 'text' }
        ? string | Absent<Row>
        : Row extends { readonly type: 'texts' }
          ? readonly string[]
          : Freshness;

/** `undefined` for an option without a default. */
type Absent<Row extends OptionRow> = Extract<Row['default'], undefined>;

/** A day, in milliseconds: the longest time an option may name is 365 of them. */
const DAY = 24 * 60 * 60 * 1000;
const BYTES = { type: 'integer', unit: 'bytes', min: 0, max: 1024 * 1024 * MIB } as const;
const TIME = { type: 'integer', unit: 'milliseconds', default: 0, min: 0, max: 365 * DAY } as const;

/** @throws TypeError for what a collection cannot be called */
export function checkCollectionName(name: string): void {
  if (typeof name === 'string' && /^[^\p{Cc}]{1,200}$/u.test(name)) return;
  throw new TypeError('the name of a collection must be 1 to 200 printable characters');
}

/** Options of the caches, which may be set for each collection apart. */
export const CACHE_OPTIONS = {
  frameCacheBytes: { ...BYTES, default: 64 * MIB, meaning: 'bytes of decompressed frames kept in memory' },
  frameTtlMs: { ...TIME, meaning: 'milliseconds a frame is kept; 0: as long as there is room' },
  frameIdleMs: { ...TIME, meaning: 'milliseconds a frame is kept that nobody reads; 0: as long as there is room' },
  recordCacheBytes: { ...BYTES, default: 0, meaning: 'bytes of parsed records kept in memory; 0: none are' },
  recordTtlMs: { ...TIME, meaning: 'milliseconds until a record is looked up again; 0: only when it may have changed' },
  recordIdleMs: { ...TIME, meaning: 'milliseconds a record is kept that nobody reads; 0: as long as there is room' },
  recordValues: {
    type: 'choice',
    default: 'frozen',
    choices: ['frozen', 'cloned'],
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

/** Options of `openStore`. */
export const STORE_OPTIONS = {
  create: { type: 'boolean', default: true, meaning: 'make the store where there is none' },
  readOnly: { type: 'boolean', default: false, meaning: 'only look things up; nothing is created either' },
  ...CACHE_OPTIONS,
  pageCacheBytes: {
    ...{ ...BYTES, default: 32 * MIB },
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

export type CacheOptions = Resolved<typeof CACHE_OPTIONS>;

/** Options of `openStore`; all optional. Unknown names are a TypeError. docs/configuration.md lists them. */
export interface StoreOptions extends Partial<Resolved<typeof STORE_OPTIONS>> {
  /** What is different for single collections, by their names. A collection whose bytes are set has a cache of its own. */
  readonly collections?: CollectionsOptions;
  /**
   * The config file to read: by default `gristmill.config.json`, `.js` or `.ts` in the working directory, if it is there.
   * `false`: none, and no GRISTMILL_ variables either; only what the code says counts.
   */
  readonly config?: false | string;
}

export interface CollectionsOptions {
  readonly [collection: string]: Partial<CacheOptions>;
}

/** What the caches of a store are made by. */
export interface CachesOptions extends CacheOptions {
  readonly pageCacheBytes: number;
  /** Only what was set apart; without a prototype, so that any name may be looked up. See `cacheOptionsOf`. */
  readonly collections: CollectionsOptions;
}

export type ResolvedStoreOptions = Resolved<typeof STORE_OPTIONS> & CachesOptions;

/**
 * Completes the options of a store.
 * @throws TypeError for an unknown name, a wrong type, or a value out of bounds.
 */
export function resolveStoreOptions(given: StoreOptions | undefined, what = 'options'): ResolvedStoreOptions {
  checkIsObject(given ?? {}, what);
  const { collections, config, ...options } = given ?? {};
  if (config !== undefined && config !== false && (typeof config !== 'string' || config === '')) {
    throw new TypeError(`${what}.config must be the path of a file, or false`);
  }
  return Object.freeze({
    ...resolveOptions(STORE_OPTIONS, options, what),
    collections: checkedCollections(collections ?? {}, `${what}.collections`),
  });
}

function checkedCollections(given: CollectionsOptions, what: string): CollectionsOptions {
  checkIsObject(given, what);
  const collections: Record<string, Partial<CacheOptions>> = Object.create(null);
  for (const [name, options] of Object.entries(given)) {
    checkText(name, checkCollectionName, what);
    collections[name] = checkedOptions(CACHE_OPTIONS, options, `${what}.${name}`);
  }
  return Object.freeze(collections);
}

/** The cache options of one collection: what was set for it, else what was set for the store. */
export function cacheOptionsOf(options: CachesOptions, collection: string): CacheOptions {
  const own = options.collections[collection];
  const names = Object.keys(CACHE_OPTIONS) as (keyof CacheOptions)[];
  const resolved = Object.fromEntries(names.map((name) => [name, own?.[name] ?? options[name]]));
  return Object.freeze(resolved) as unknown as CacheOptions;
}

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
  const checked = checkedOptions(table, given ?? {}, what);
  const resolved: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(table)) resolved[name] = checked[name] ?? row.default;
  return Object.freeze(resolved) as Resolved<Table>;
}

/**
 * The options that were given, without those that are undefined.
 * @throws TypeError as `resolveOptions`.
 */
function checkedOptions<Table extends OptionTable>(
  table: Table,
  given: Partial<Resolved<Table>>,
  what: string,
): Partial<Resolved<Table>> {
  checkIsObject(given, what);
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const row = Object.hasOwn(table, name) ? table[name] : undefined;
    if (row === undefined) {
      throw new TypeError(`${what}.${name} is not an option; there are ${Object.keys(table).join(', ')}`);
    }
    if (value !== undefined) options[name] = checkedValue(value, row, `${what}.${name}`);
  }
  return Object.freeze(options) as Partial<Resolved<Table>>;
}

function checkIsObject(given: unknown, what: string): void {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  if (!isObject) throw new TypeError(`${what} must be an object`);
}

/** @throws TypeError that begins with `name` */
export function checkedValue(value: unknown, row: OptionRow, name: string): unknown {
  switch (row.type) {
    case 'freshness':
      return checkedFreshness(value, name);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw new TypeError(`${name} must be true or false`);
    case 'choice':
      if (row.choices.includes(value as string)) return value;
      throw new TypeError(`${name} must be one of ${row.choices.join(', ')}, not ${JSON.stringify(value)}`);
    case 'text':
      checkText(value, row.check, name);
      return value;
    case 'texts':
      if (!Array.isArray(value)) throw new TypeError(`${name} must be a list`);
      for (const text of value) checkText(text, row.check, name);
      return value;
    default: {
      const isWhole = row.type === 'integer';
      const isFine = typeof value === 'number' && value >= row.min && value <= row.max;
      if (isFine && (!isWhole || Number.isSafeInteger(value))) return value;
      throw new TypeError(`${name} must be ${isWhole ? 'an integer' : 'a number'} from ${row.min} to ${row.max}`);
    }
  }
}

function checkText(value: unknown, check: (text: string) => unknown, name: string): void {
  try {
    check(value as string);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`);
  }
}

/** @throws TypeError */
export function checkedFreshness(value: unknown, name = 'options.freshness'): Freshness {
  if (value === 'immediate' || value === 'warm') return value;
  const age = (value as { readonly maxStaleMs?: unknown } | null | undefined)?.maxStaleMs;
  if (typeof age === 'number' && age >= 0) return { maxStaleMs: age };
  throw new TypeError(`${name} must be "immediate", "warm" or { maxStaleMs: milliseconds }`);
}

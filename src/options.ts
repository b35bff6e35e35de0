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
    };

export type OptionTable = Readonly<Record<string, OptionRow>>;

/** The complete options a table describes. */
export type Resolved<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name]['type'] extends 'boolean' ? boolean : number;
};

/** Options of `openStore`. */
export const STORE_OPTIONS = {
  create: { type: 'boolean', default: true, meaning: 'make the store where there is none' },
  readOnly: { type: 'boolean', default: false, meaning: 'only look things up; nothing is created either' },
  frameCacheBytes: {
    ...{ type: 'integer', default: 64 * MIB, min: 0, max: 1024 * 1024 * MIB },
    meaning: 'bytes of decompressed frames kept in memory',
  },
  pageCacheBytes: {
    ...{ type: 'integer', default: 32 * MIB, min: 0, max: 1024 * 1024 * MIB },
    meaning: 'bytes of index pages kept in memory, verified',
  },
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
  const resolved: Record<string, boolean | number> = {};
  for (const [name, row] of Object.entries(table)) {
    const value: unknown = given?.[name];
    resolved[name] = value === undefined ? row.default : checked(value, row, `${what}.${name}`);
  }
  return Object.freeze(resolved) as Resolved<Table>;
}

function checked(value: unknown, row: OptionRow, name: string): boolean | number {
  if (row.type === 'boolean') {
    if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`);
    return value;
  }
  if (!Number.isSafeInteger(value) || (value as number) < row.min || (value as number) > row.max) {
    throw new TypeError(`${name} must be an integer from ${row.min} to ${row.max}`);
  }
  return value as number;
}

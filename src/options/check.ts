// Options: a method declares its options as one table (name, type, default, bound, meaning), which is what completes and
// checks them. A name that is not in the table is an error: a misspelled option must not silently do nothing.

import { checkFreshness, type Freshness } from './freshness.js';
import { copyOfIndex, type GivenIndex, pathOfIndex, splitIndexes } from './indexes.js';
import { nearestOf } from './nearest-name.js';

/**
 * Row of an option that is data: code, a config file, a variable or a flag may give it. `formerly`: its name in earlier
 * versions, so that an error can say the new one.
 */
export type DataRow = { readonly meaning: string; readonly formerly?: string } & (
  | { readonly type: 'boolean'; readonly default: boolean }
  | {
      readonly type: 'integer';
      readonly default: number | undefined;
      readonly min: number;
      /** Infinity: no bound, and Infinity itself is a value. */
      readonly max: number;
      /** What is counted, where texts may name it by a unit: `64m`, `5s`. */
      readonly unit?: 'bytes' | 'milliseconds';
    }
  | {
      readonly type: 'number';
      readonly default: number | undefined;
      readonly min: number;
      readonly max: number;
      readonly unit?: 'share';
    }
  | { readonly type: 'choice'; readonly default: string | undefined; readonly choices: readonly string[] }
  | { readonly type: 'freshness'; readonly default: Freshness | undefined }
  /** `check` throws a TypeError for a text that will not do, and for what is none. */
  | { readonly type: 'text'; readonly default: string | undefined; readonly check: (text: string) => unknown }
  /** `check` is given each of the texts, `checkAll` all of them. */
  | {
      readonly type: 'texts';
      readonly default: readonly string[];
      readonly check: (text: string) => unknown;
      readonly checkAll?: (texts: readonly string[]) => unknown;
    }
  /** The path of a key: a text, or a list of them. `check` throws a TypeError for what will not do. */
  | { readonly type: 'path'; readonly default: undefined; readonly check: (path: Path) => unknown }
  /** `check` is given all of the paths. */
  | { readonly type: 'paths'; readonly default: readonly Path[]; readonly check: (paths: readonly Path[]) => unknown }
  /** Indexes, each as a path or as an IndexDefinition. Resolved, the unique ones are among those of the option `unique` names. */
  | {
      readonly type: 'indexes';
      readonly default: readonly Path[];
      readonly check: (paths: readonly Path[]) => unknown;
      readonly unique: string;
    }
);

/** See `KeyPath`. */
type Path = string | readonly string[];

/** Row of an option that only code can give. */
type CallRow = { readonly meaning: string } & (
  | { readonly type: 'signal'; readonly default: undefined }
  | ValueRow<'function', unknown>
  | ValueRow<'list', unknown>
  /** What it may be is for its method to check. */
  | ValueRow<'any', unknown>
);

type OptionRow = DataRow | CallRow;

/** Of values of type V. */
export interface ValueRow<Type extends string, V> {
  readonly type: Type;
  readonly default: undefined;
  /** Never there: the type of the value. */
  readonly value?: V;
}

/** The options of a method: what each may be, and what it is where nobody sets it. */
export type OptionTable = Readonly<Record<string, OptionRow>>;
export type DataTable = Readonly<Record<string, DataRow>>;

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
          : Row extends { readonly type: 'path' }
            ? Path | undefined
            : Row extends { readonly type: 'paths' | 'indexes' }
              ? readonly Path[]
              : Row extends { readonly type: 'freshness' }
                ? Freshness | Absent<Row>
                : Row extends { readonly type: 'signal' }
                  ? AbortSignal | undefined
                  : Row extends ValueRow<string, infer V>
                    ? V | undefined
                    : never;

/** Options as a caller gives them: any may be left out, or be undefined. */
export type Given<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

/** `undefined` for an option without a default. */
type Absent<Row extends OptionRow> = Extract<Row['default'], undefined>;

/** Row of an option that is a function of type F. */
export function hook<F>(meaning: string): ValueRow<'function', F> & { readonly meaning: string } {
  return { type: 'function', default: undefined, meaning };
}

/** Row of an option that is a list. */
export function list<V>(meaning: string): ValueRow<'list', readonly V[]> & { readonly meaning: string } {
  return { type: 'list', default: undefined, meaning };
}

/** Row of an option that its method checks. */
export function any<V>(meaning: string): ValueRow<'any', V> & { readonly meaning: string } {
  return { type: 'any', default: undefined, meaning };
}

/**
 * Completes the options given to a method.
 * @param method its name, for messages: "compact".
 * @throws TypeError for a name that is not in the table, a wrong type, or a value out of bounds.
 */
export function resolveOptions<Table extends OptionTable>(
  method: string,
  table: Table,
  given: object | undefined,
): Resolved<Table> {
  const checked = checkedOptions(method, table, given) as Record<string, unknown>;
  const resolved: Record<string, unknown> = {};
  // Not `??`: null is a key, so it is a value of bounds.
  for (const [name, row] of Object.entries(table)) {
    resolved[name] = checked[name] === undefined ? row.default : checked[name];
  }
  for (const [name, row] of Object.entries(table)) {
    if (row.type !== 'indexes') continue;
    const { plain, unique } = splitIndexes(resolved[name] as readonly GivenIndex[], resolved[row.unique] as Path[]);
    resolved[name] = plain;
    resolved[row.unique] = unique;
  }
  return Object.freeze(resolved) as Resolved<Table>;
}

/**
 * The options that were given, without those that are undefined.
 * @param path what stands before their names, where they are part of other options: "collections.posts.".
 * @throws TypeError as `resolveOptions`.
 */
export function checkedOptions<Table extends OptionTable>(
  method: string,
  table: Table,
  given: object | undefined,
  path = '',
): Partial<Resolved<Table>> {
  const options: Record<string, unknown> = {};
  if (given !== undefined) {
    if (!isOptions(given))
      throw new TypeError(`${method}: options${path && `.${path.slice(0, -1)}`} must be an object`);
    // Inherited ones count: options may be made from others by Object.create.
    for (const name in given) {
      const row = Object.hasOwn(table, name) ? table[name] : undefined;
      if (row === undefined) {
        throw new TypeError(
          `${method} has no option ${path}${name}; ${renamed(name, table) ?? hintFor(name, Object.keys(table))}`,
        );
      }
      const value = (given as Record<string, unknown>)[name];
      if (value !== undefined) options[name] = checkedValue(value, row, `${method}: options.${path}${name}`);
    }
  }
  return Object.freeze(options) as Partial<Resolved<Table>>;
}

/** Of a method that has no options, and says so where it is given some. */
export type NoOptions = Readonly<Record<string, never>>;

/** @throws TypeError for any option */
export function refuseOptions(method: string, given: NoOptions | undefined): void {
  checkedOptions(method, {}, given);
}

/** Whether it can hold options: an object, but no list, map, promise, signal, … whose content would be passed over. */
export function isOptions(given: unknown): given is object {
  return Object.prototype.toString.call(given) === '[object Object]';
}

/** What to say of a name that an option had in earlier versions. */
export function renamed(name: string, table: OptionTable): string | undefined {
  const now = Object.keys(table).find((other) => (table[other] as DataRow).formerly === name);
  return now && `it is called ${now} now`;
}

/** What to say of a name that is no option. */
export function hintFor(name: string, names: readonly string[]): string {
  const nearest = nearestOf(name, names);
  if (nearest !== undefined) return `did you mean ${nearest}?`;
  return names.length === 0 ? 'there are none' : `the options are ${names.join(', ')}`;
}

/** @throws TypeError that begins with `name` */
export function checkedValue(value: unknown, row: OptionRow, name: string): unknown {
  switch (row.type) {
    case 'any':
      return value;
    case 'freshness':
      checkFreshness(value, name);
      return typeof value === 'string' ? value : Object.freeze({ maxStaleMs: value.maxStaleMs });
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw new TypeError(`${name} must be true or false`);
    case 'choice':
      if (row.choices.includes(value as string)) return value;
      throw new TypeError(`${name} must be one of ${row.choices.join(', ')}, not ${shown(value)}`);
    case 'text':
      checkText(value as string, row.check, name);
      return value;
    case 'texts':
      if (!Array.isArray(value)) throw new TypeError(`${name} must be a list`);
      for (const text of value) checkText(text, row.check, name);
      if (row.checkAll !== undefined) checkText(value, row.checkAll, name);
      return Object.freeze([...value]);
    case 'path':
      checkText(value as Path, row.check, name);
      return frozenPath(value as Path);
    case 'paths':
      if (!Array.isArray(value)) throw new TypeError(`${name} must be a list`);
      checkText(value, row.check, name);
      return Object.freeze(value.map(frozenPath));
    case 'indexes': {
      if (!Array.isArray(value)) throw new TypeError(`${name} must be a list`);
      const indexes = value.map((index, i) => copyOfIndex(index, `${name}[${i}]`));
      checkText(indexes.map(pathOfIndex), row.check, name);
      return Object.freeze(indexes);
    }
    case 'list':
      if (Array.isArray(value)) return value;
      throw new TypeError(`${name} must be a list`);
    case 'function':
      if (typeof value === 'function') return value;
      throw new TypeError(`${name} must be a function`);
    case 'signal':
      if (value instanceof AbortSignal) return value;
      throw new TypeError(`${name} must be an AbortSignal`);
    default: {
      const isWhole = row.type === 'integer';
      const isFine = typeof value === 'number' && value >= row.min && value <= row.max;
      if (isFine && (!isWhole || Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY)) return value;
      const range = row.max === Number.POSITIVE_INFINITY ? `, ${row.min} or more` : ` from ${row.min} to ${row.max}`;
      throw new TypeError(`${name} must be ${isWhole ? 'an integer' : 'a number'}${range}`);
    }
  }
}

function frozenPath(path: Path): Path {
  return typeof path === 'string' ? path : Object.freeze([...path]);
}

/** @throws TypeError what `check` throws, `name` before it */
export function checkText<V>(value: V, check: (value: V) => unknown, name: string): void {
  try {
    check(value);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`);
  }
}

/** As JSON; what has none, as a text. */
function shown(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'symbol'
    ? String(value)
    : (JSON.stringify(value) ?? typeof value);
}

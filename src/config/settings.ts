// found > [settings] > options
//
// What file and variables say, each option with where it comes from. In a file, a name that is no option is an error as
// everywhere. A variable may be of somebody else (unknown.ts).

import { GristmillError } from '../base/errors.js';
import { IMPORT_OPTIONS } from '../import/options/table.js';
import type { ImportOptions } from '../import/options/types.js';
import { type DataTable, hintFor, renamed } from '../options/check.js';
import { PER_COLLECTION, STORE_SETTINGS } from '../options/store.js';
import type { CollectionsOptions, StoreOptions } from '../options/store-types.js';
import { readConfigFile } from './config-file.js';
import { type FoundConfig, VARIABLE_PREFIX } from './found.js';
import { reportUnknownVariables } from './unknown.js';
import { readOption } from './words.js';

/** One option that is set. */
export interface Setting {
  /** Of the store, of imports, or of one collection. */
  readonly of: 'store' | 'import' | { readonly collection: string };
  readonly name: string;
  readonly value: unknown;
  /** Path of the file, name of the variable, a flag, or `default`. */
  readonly from: string;
}

interface ConfiguredOptions {
  readonly store: StoreOptions;
  readonly imports: ImportOptions;
}

/** The table a setting is a row of. */
export function tableFor(of: Setting['of']): DataTable {
  if (of === 'store') return STORE_SETTINGS;
  return of === 'import' ? IMPORT_OPTIONS : PER_COLLECTION;
}

/** What holds where nothing is set. */
export function defaultSettings(): Setting[] {
  return (['store', 'import'] as const).flatMap((of) =>
    Object.entries(tableFor(of)).map(([name, row]) => ({ of, name, value: row.default, from: 'default' })),
  );
}

/** What is set outside the code; later settings override earlier ones. */
export async function readSettings({ files, variables }: FoundConfig): Promise<Setting[]> {
  const [file, another] = files;
  if (file !== undefined && another !== undefined) {
    const message = `there are two config files, ${file} and ${another}: keep one of them`;
    throw new GristmillError('CONFIG_INVALID', message, { file });
  }
  return [...(file === undefined ? [] : await fileSettings(file)), ...variableSettings(variables)];
}

/** The same as options. */
export async function readConfig(found: FoundConfig): Promise<ConfiguredOptions> {
  return optionsIn(await readSettings(found));
}

function optionsIn(settings: readonly Setting[]): ConfiguredOptions {
  const store: Record<string, unknown> = {};
  const imports: Record<string, unknown> = {};
  const collections: Record<string, Record<string, unknown>> = Object.create(null);
  for (const { of, name, value } of settings) {
    if (of === 'store' && name === 'keyFile') store.encryption = { keyFile: value };
    else if (of === 'store') store[name] = value;
    else if (of === 'import') imports[name] = value;
    else collections[of.collection] = { ...collections[of.collection], [name]: value };
  }
  return { store: { ...store, collections }, imports };
}

/** Options of single collections, with sizes and times as people write them. @throws TypeError */
export function readCollections(collections: unknown, what: string): CollectionsOptions {
  return optionsIn(collectionSettings(collections, what, what)).store.collections ?? {};
}

async function fileSettings(file: string): Promise<Setting[]> {
  const content = await readConfigFile(file);
  return naming(file, () => {
    const { collections = {}, import: imports = {}, ...store } = objectIn(content, file);
    return [
      ...settingsOf('store', store, file, `${file}: `),
      ...collectionSettings(collections, file, `${file}: collections`),
      ...settingsOf('import', objectIn(imports, `${file}: import`), file, `${file}: import.`),
    ];
  });
}

function collectionSettings(collections: unknown, from: string, what: string): Setting[] {
  return Object.entries(objectIn(collections, what)).flatMap(([collection, options]) => {
    readOption(collection, IMPORT_OPTIONS.collection, what);
    const path = `${what}.${collection}`;
    return settingsOf({ collection }, objectIn(options, path), from, `${path}.`);
  });
}

function settingsOf(of: Setting['of'], given: object, from: string, prefix: string): Setting[] {
  const table = tableFor(of);
  const settings: Setting[] = [];
  for (const [name, value] of Object.entries(given)) {
    const row = Object.hasOwn(table, name) ? table[name] : undefined;
    if (row === undefined) {
      const names = [...Object.keys(table), ...(of === 'store' ? ['collections', 'import'] : [])];
      throw new TypeError(`${prefix}${name} is not an option; ${renamed(name, table) ?? hintFor(name, names)}`);
    }
    // As for a caller: what is undefined is not set.
    if (value !== undefined) settings.push({ of, name, value: readOption(value, row, `${prefix}${name}`), from });
  }
  return settings;
}

/** Name of the variable that sets an option. */
export function variableFor(of: Setting['of'], name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return `${VARIABLE_PREFIX}${of === 'import' ? 'IMPORT_' : ''}${words}`;
}

/** The options of single collections, as one JSON object. */
const COLLECTIONS_VARIABLE = `${VARIABLE_PREFIX}COLLECTIONS`;

function variableSettings(variables: FoundConfig['variables']): Setting[] {
  const known = new Map(defaultSettings().map(({ of, name }) => [variableFor(of, name), { of, name }]));
  const names = [...known.keys(), COLLECTIONS_VARIABLE];
  reportUnknownVariables(
    Object.keys(variables).filter((name) => !names.includes(name)),
    names,
  );
  return Object.entries(variables).flatMap(([from, word]) =>
    naming(undefined, (): Setting[] => {
      if (from === COLLECTIONS_VARIABLE) return collectionSettings(jsonIn(word, from), from, from);
      const option = known.get(from);
      if (option === undefined) return [];
      const row = tableFor(option.of)[option.name]!;
      return [{ ...option, value: readOption(word, row, `the variable ${from}`), from }];
    }),
  );
}

function jsonIn(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TypeError(`the variable ${what} is not JSON: ${(error as Error).message}`);
  }
}

function objectIn(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TypeError(`${what} must be an object`);
}

/** What is wrong in a file or a variable is no mistake of the caller's code. */
function naming<T>(file: string | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new GristmillError('CONFIG_INVALID', error.message, { ...(file !== undefined && { file }), cause: error });
  }
}

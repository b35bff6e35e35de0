// [found] > settings > options
//
// What is set outside the code: a config file in the working directory and GRISTMILL_ variables. Here is looked whether
// there is any of it; only then the rest of this folder is loaded, because opening a store is what every command waits for.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { settings } from '../base/load.js';
import { isOptions } from '../base/option-check.js';
import {
  type CacheOptions,
  type ResolvedStoreOptions,
  resolveStoreOptions,
  type StoreOptions,
} from '../base/store-options.js';
import type { ImportOptions } from '../import/options/types.js';
import { checkConfigOwner } from './config-owner.js';

/** Looked for in the working directory, and nowhere else: a config file may be code, so it has to be the user's own. */
export const CONFIG_FILES = ['gristmill.config.json', 'gristmill.config.js', 'gristmill.config.ts'] as const;
export const VARIABLE_PREFIX = 'GRISTMILL_';
/** Names the config file, or is "false" for none: it stands above the file, so it is no option of it. */
export const CONFIG_VARIABLE = `${VARIABLE_PREFIX}CONFIG`;
/** Variables with the prefix that are no options: the second arms failpoints (base/failpoints.ts). */
const OTHER_VARIABLES: readonly string[] = [CONFIG_VARIABLE, `${VARIABLE_PREFIX}FAILPOINTS`];

/** What there is to be read. */
export interface FoundConfig {
  /** Absolute paths: the one named, or those in the working directory, of which there may be one. */
  readonly files: readonly string[];
  /** By their whole names; none is empty. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Options as they are in force: the defaults, the config file, the environment, the caller, each over those before. */
export interface EffectiveOptions {
  readonly options: ResolvedStoreOptions;
  /** What file and environment say of imports. */
  readonly imports: ImportOptions;
}

/**
 * Completes the options a caller gave.
 * @throws TypeError for a wrong option of the caller; GristmillError CONFIG_INVALID for one of the file or a variable
 */
export async function effectiveOptions(given: StoreOptions = {}): Promise<EffectiveOptions> {
  const options = resolveStoreOptions(given);
  const found = findConfig(given.config);
  if (found === undefined) return { options, imports: {} };
  const { readConfig } = await settings.load();
  const { store, imports } = await readConfig(found);
  return { options: resolveStoreOptions(optionsOver(store, given)), imports };
}

/**
 * Looks for a config file and variables; undefined where there is neither.
 * @param config the option of that name: `false` is neither of them, a path the file that is to be read
 * @throws GristmillError CONFIG_INVALID for a file in the working directory that others can have written
 */
export function findConfig(
  config: false | string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): FoundConfig | undefined {
  if (config === false) return undefined;
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    // An empty variable is how many tools leave one out.
    if (name.startsWith(VARIABLE_PREFIX) && value && !OTHER_VARIABLES.includes(name)) variables[name] = value;
  }
  const files = filesFor(config ?? (environment[CONFIG_VARIABLE] || undefined));
  return files.length === 0 && Object.keys(variables).length === 0 ? undefined : { files, variables };
}

function filesFor(path: string | undefined): string[] {
  if (path === 'false') return [];
  if (path !== undefined) return [resolve(path)];
  // Relative, so that a working directory that is gone is one without a config file.
  const files = CONFIG_FILES.filter(isThere).map((name) => resolve(name));
  for (const file of files) checkConfigOwner(file);
  return files;
}

function isThere(name: string): boolean {
  try {
    return statSync(name, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // a directory this process may not look into
  }
}

/** One set of options over another; what is undefined, or is not there, is as below. */
export function optionsOver(below: StoreOptions, above: StoreOptions): StoreOptions {
  const collections: Record<string, Partial<CacheOptions>> = Object.assign(Object.create(null), below.collections);
  for (const [name, options] of Object.entries(above.collections ?? {})) {
    collections[name] = { ...collections[name], ...defined(options) };
  }
  return { ...below, ...defined(above), collections };
}

/** Options of an import over what file and environment say of imports. Whether they are such is for the import to check. */
export function importOptionsOver(below: ImportOptions, above: ImportOptions = {}): ImportOptions {
  if (!isOptions(above)) return above;
  // Names that are no options stay, whatever their value, so that they are refused.
  const given = namesIn(above).filter((name) => above[name] !== undefined || !(name in below));
  return { ...below, ...Object.fromEntries(given.map((name) => [name, above[name]])) };
}

/** The same without what is undefined. */
function defined<Options extends object>(options: Options): Options {
  const given = namesIn(options).filter((name) => options[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, options[name]])) as Options;
}

/** Inherited ones too, as wherever options are checked. */
function namesIn<Options extends object>(options: Options): (keyof Options)[] {
  const names: (keyof Options)[] = [];
  for (const name in options) names.push(name);
  return names;
}

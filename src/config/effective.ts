// found > settings > [options]
//
// The options in force: what is set outside the code, and what the caller said over it. The reader of config files is loaded
// where there is something to read, because opening a store is what every command waits for.

import { part } from '../base/load.js';
import type { CollectionsImportOptions, ImportOptions } from '../import/options/types.js';
import { isOptions } from '../options/check.js';
import type { EncryptionOptions } from '../options/encryption.js';
import { resolveStoreOptions } from '../options/store.js';
import type { CollectionsOptions, ResolvedStoreOptions, StoreOptions } from '../options/store-types.js';
import { findConfig } from './found.js';

/** Reads config files and variables. */
const settings = part(() => import('./settings.js'), new URL('./settings.js', import.meta.url));

/** Options as they are in force: the defaults, the config file, the environment, the caller, each over those before. */
export interface EffectiveOptions {
  readonly options: ResolvedStoreOptions;
  /** Apart, because the options of a store are for all to see. */
  readonly encryption: EncryptionOptions | undefined;
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
  if (found === undefined) return { options, encryption: given.encryption, imports: {} };
  const { readConfig } = await settings.load();
  const { store, imports } = await readConfig(found);
  const encryption = given.encryption ?? store.encryption;
  return { options: resolveStoreOptions(optionsOver(store, given)), encryption, imports };
}

/** One set of options over another; what is undefined, or is not there, is as below. */
function optionsOver(below: StoreOptions, above: StoreOptions): StoreOptions {
  const collections: Record<string, CollectionsOptions[string]> = Object.assign(Object.create(null), below.collections);
  for (const [name, options] of Object.entries(above.collections ?? {})) {
    collections[name] = { ...collections[name], ...defined(options) };
  }
  return { ...below, ...defined(above), collections };
}

/** Options of an import over what file and environment say of imports. Whether they are such is for the import to check. */
export function importOptionsOver<Options extends ImportOptions | CollectionsImportOptions>(
  below: ImportOptions,
  above: Options = {} as Options,
): Options {
  if (!isOptions(above)) return above;
  // Names that are no options stay, whatever their value, so that they are refused.
  const given = namesIn(above).filter((name) => above[name] !== undefined || !(name in below));
  const { collection: _, select: __, ...others } = below;
  // Option `collections` says these for each collection.
  const under = 'collections' in above && above.collections !== undefined ? others : below;
  return { ...under, ...Object.fromEntries(given.map((name) => [name, above[name]])) } as Options;
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

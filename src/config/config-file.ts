// found > [settings] > options
//
// Reads a config file: JSON, or a module whose default export is the object. A .js or .ts file is code that runs with the
// rights of the process; so it is taken from the working directory or where the user said, never from anywhere else, and from
// the working directory only if nobody else can have put it there (config-owner.ts).

import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { GristmillError } from '../base/errors.js';
import { loadPackage } from '../base/load.js';
import type { ImportOptions } from '../import/options/types.js';
import type { Freshness } from '../options/freshness.js';
import type { CollectionReadOptions, StoreOptions } from '../options/store-types.js';
import { CONFIG_FILES } from './found.js';

/**
 * The object in a config file: options of `openStore` and, under `import`, options of imports. Sizes and times may be texts
 * with a unit.
 * @example export default { recordCacheBytes: '64m', import: { workers: 2 } } satisfies ConfigFile;
 */
export interface ConfigFile
  extends Written<Omit<StoreOptions, 'collections' | 'config' | 'encryption' | 'audit' | 'functions'>> {
  /** The path of the file with the key of an encrypted store. Default: none. */
  readonly keyFile?: string | undefined;
  /** Cache options and `schemaVersion` of single collections, by collection name. Default: none. */
  readonly collections?: { readonly [collection: string]: Written<CollectionReadOptions> } | undefined;
  /** Options of all imports, and of watchers. Default: none. */
  readonly import?: Written<Omit<ImportOptions, 'onChanged' | 'onWait' | 'onProgress' | 'signal' | 'why'>> | undefined;
}

/** Options as a config file may have them: sizes and times also as texts with a unit, such as "64m" and "5s". */
export type Written<Options> = {
  readonly [Name in keyof Options]?: Options[Name] | WrittenAs<Options[Name]> | undefined;
};

/** The text that may stand for a value: for a number, and for a freshness such as "stale:5s". */
export type WrittenAs<Value> = number extends Value ? string : Freshness extends Value ? `stale:${string}` : never;

const MODULE = /^\.[cm]?[jt]s$/;

/** @throws GristmillError CONFIG_INVALID */
export async function readConfigFile(path: string): Promise<unknown> {
  const extension = extname(path);
  if (extension === '.json') return parseJson(await textOf(path), path);
  if (MODULE.test(extension)) return loadModule(path);
  throw invalid(
    path,
    `cannot be read: a config file is named ${CONFIG_FILES.join(', ')}, or has the ending of one of them`,
  );
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw invalid(path, `cannot be read: ${messageOf(cause)}`, cause);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(path, `is not JSON: ${messageOf(cause)}`, cause);
  }
}

/** Either module system and TypeScript, on every Node: which of them Node itself loads depends on its version. */
async function loadModule(path: string): Promise<unknown> {
  const { createJiti } = loadPackage<typeof import('jiti')>('jiti');
  // No compiled copies on disk: they would be code that others may be able to write.
  const jiti = createJiti(path, { fsCache: false, interopDefault: false });
  try {
    return await jiti.import(path, { default: true });
  } catch (cause) {
    throw invalid(path, `cannot be loaded: ${messageOf(cause)}`, cause);
  }
}

function invalid(file: string, why: string, cause?: unknown): GristmillError {
  return new GristmillError('CONFIG_INVALID', `${file} ${why}`, { file, cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}

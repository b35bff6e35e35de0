// Options of a store as flags: made from the table of the options, so that a new option has its flag, its help and its
// checks by being in the table. What a flag says goes over config file and environment.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readOption } from '../../config/words.js';
import type { DataRow } from '../../options/check.js';
import { STORE_SETTINGS } from '../../options/store.js';
import type { StoreOptions } from '../../options/store-types.js';
import { flagOf, kebab } from '../terminal/flags.js';

type FlagName = Exclude<keyof typeof STORE_SETTINGS, 'create' | 'readOnly'>;

/** All that are no matter of the command itself. */
export const STORE_FLAGS = Object.keys(STORE_SETTINGS).filter(
  (name) => name !== 'create' && name !== 'readOnly',
) as FlagName[];

/** What matters to a command that reads and ends. */
export const READING_FLAGS: readonly FlagName[] = ['frameCacheBytes', 'pageCacheBytes'];

/** What matters to one that gives records. */
export const RECORD_FLAGS: readonly FlagName[] = [...READING_FLAGS, 'schemaVersion'];

/** What these flags are parsed to. */
export type StoreFlags = Partial<Pick<StoreOptions, Exclude<FlagName, 'keyFile'> | 'config' | 'collections'>> & {
  readonly keyFile?: string;
  readonly functions?: string;
};

/** Adds `--config` and `--no-config`, `--trust-owner`, `--key-file`, and the flags of these options. */
export function withStoreFlags(command: Command, names: readonly FlagName[] = []): Command {
  const files = 'gristmill.config.json, .js or .ts in this directory';
  command
    .option('--config <file>', `config file to read (default: ${files})`)
    .option('--no-config', 'read no config file and no GRISTMILL_ variables')
    .option('--functions <module>', 'module whose default export is the list of functions that migrations call');
  for (const name of new Set<FlagName>([...names, 'trustOwner', 'trustShared', 'keyFile']))
    withFlagOf(command, name, STORE_SETTINGS[name]);
  return command;
}

/** Adds the flag of one option, by its row. */
export function withFlagOf(command: Command, name: string, row: DataRow): Command {
  // Both of a boolean: with the negated one alone, the flag would count as given.
  if (row.type === 'boolean') {
    return command.option(flagOf(name), row.meaning).option(`--no-${kebab(name)}`, `the opposite of ${flagOf(name)}`);
  }
  return command.addOption(new Option(`${flagOf(name)} <${wordFor(row)}>`, row.meaning).argParser(parser(name, row)));
}

/** Adds the flag for options of single collections. */
export function withCollectionsFlag(command: Command): Command {
  return command.option(
    '--collections <json>',
    'cache options and schema versions of single collections, by name',
    (word) => {
      try {
        return JSON.parse(word);
      } catch (error) {
        throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}`);
      }
    },
  );
}

/** What was given of them, as options. */
export async function storeOptionsIn(flags: StoreFlags): Promise<StoreOptions> {
  const names = [...STORE_FLAGS.filter((name) => name !== 'keyFile'), 'config'] as const;
  const given = names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]);
  const { keyFile, functions } = flags;
  const encryption = keyFile === undefined ? {} : { encryption: { keyFile } };
  const called = functions === undefined ? {} : { functions: await functionsIn(functions) };
  const options: StoreOptions = { ...Object.fromEntries(given), ...encryption, ...called };
  if (flags.collections === undefined) return options;
  const { readCollections } = await import('../../config/settings.js');
  return { ...options, collections: readCollections(flags.collections, '--collections') };
}

/** What a module gives; `openStore` checks it. @throws TypeError if the module cannot be loaded */
async function functionsIn(path: string): Promise<NonNullable<StoreOptions['functions']>> {
  try {
    const { default: functions } = await import(pathToFileURL(resolve(path)).href);
    return functions;
  } catch (cause) {
    throw new TypeError(`--functions: ${path} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
}

function wordFor(row: DataRow): string {
  if (row.type === 'text') return 'file';
  if (row.type !== 'integer') return row.type === 'choice' ? row.choices.join('|') : 'how';
  return { bytes: 'size', milliseconds: 'time', none: 'n' }[row.unit ?? 'none'];
}

function parser(name: string, row: DataRow): (word: string) => unknown {
  return (word) => {
    try {
      return readOption(word, row, flagOf(name));
    } catch (error) {
      if (error instanceof TypeError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

// gristmill config: the options in force in this directory, and where each comes from.

import { isAbsolute, relative } from 'node:path';
import type { Command } from 'commander';
import type { Setting } from '../config/settings.js';
import { writeOption } from '../config/words.js';
import type { OptionRow } from '../options.js';
import { escapeControls } from './diagnostics.js';
import {
  flagOf,
  STORE_FLAGS,
  type StoreFlags,
  storeOptionsIn,
  withCollectionsFlag,
  withStoreFlags,
} from './store-flags.js';
import { alignPairs } from './table.js';

interface ConfigFlags extends StoreFlags {
  readonly json?: boolean;
}

const HELP = `
Examples:
  gristmill config
  GRISTMILL_FRAME_CACHE_BYTES=256m gristmill config --json | jq .options.frameCacheBytes
  gristmill config --record-ttl-ms 5s --collections '{"posts":{"recordCacheBytes":"64m"}}'

A flag overrides a variable, a variable the config file, the file the default. What a program gives openStore() overrides
all of them. Sizes may have a unit (64k, 64m, 1g), times too (500ms, 5s, 1m, 2h, 1d).`;

/** Adds the command to the program. */
export function addConfig(program: Command): void {
  const command = program
    .command('config')
    .description('print the options in force in this directory, and where each comes from')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(runConfig);
  withCollectionsFlag(withStoreFlags(command, STORE_FLAGS));
}

async function runConfig(flags: ConfigFlags): Promise<void> {
  const { findConfig } = await import('../config/effective.js');
  const { defaultSettings, readSettings, tableFor } = await import('../config/settings.js');
  const found = findConfig(flags.config);
  const file = found?.files[0];
  const settings = new Map<string, Setting>();
  const layers = [defaultSettings(), found === undefined ? [] : await readSettings(found), await flagSettings(flags)];
  for (const setting of layers.flat()) settings.set(pathOf(setting), setting);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(asObject(file, [...settings.values()]))}\n`);
    return;
  }
  const rows = [...settings].map(([path, { of, name, value, from }]) => {
    const row = tableFor(of)[name] as OptionRow;
    return [
      escapeControls(path),
      escapeControls(writeOption(value, row) || '\u2013'),
      escapeControls(shown(from)),
    ] as const;
  });
  const width = Math.max(...rows.map(([, value]) => value.length));
  const head = alignPairs([['config file', escapeControls(file ?? 'none')]]);
  process.stdout.write(
    `${head}\n${alignPairs(rows.map(([path, value, from]) => [path, `${value.padEnd(width)}  ${from}`]))}`,
  );
}

async function flagSettings(flags: ConfigFlags): Promise<Setting[]> {
  const { config: _config, collections = {}, ...options } = await storeOptionsIn(flags);
  const settings: Setting[] = Object.entries(options).map(([name, value]) => ({
    ...{ of: 'store', name, value, from: flagOf(name) },
  }));
  for (const [collection, own] of Object.entries(collections)) {
    for (const [name, value] of Object.entries(own)) {
      settings.push({ of: { collection }, name, value, from: flagOf('collections') });
    }
  }
  return settings;
}

/** As the option is called in a config file. */
function pathOf({ of, name }: Setting): string {
  if (of === 'store') return name;
  return of === 'import' ? `import.${name}` : `collections.${of.collection}.${name}`;
}

/** A file in this directory by its name alone. */
function shown(from: string): string {
  return isAbsolute(from) ? relative('', from) : from;
}

type Told = Record<string, { readonly value: unknown; readonly from: string }>;

/** The settings in the form of a config file, each with where it comes from; unset ones have no value. */
function asObject(file: string | undefined, settings: readonly Setting[]) {
  const collections: Record<string, Told> = Object.create(null); // a collection may have any name
  const told = { file: file ?? null, options: {} as Told, collections, import: {} as Told };
  for (const { of, name, value, from } of settings) {
    if (of === 'store') told.options[name] = { value, from };
    else if (of === 'import') told.import[name] = { value, from };
    else {
      told.collections[of.collection] ??= {};
      (told.collections[of.collection] as Told)[name] = { value, from };
    }
  }
  return told;
}

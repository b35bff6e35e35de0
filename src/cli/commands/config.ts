// gristmill config: the options in force in this directory, and where each comes from.

import { isAbsolute, relative } from 'node:path';
import type { Command } from 'commander';
import type { Setting } from '../../config/settings.js';
import { writeOption } from '../../config/words.js';
import {
  STORE_FLAGS,
  type StoreFlags,
  storeOptionsIn,
  withCollectionsFlag,
  withStoreFlags,
} from '../shared/store-flags.js';
import { escapeControls } from '../terminal/escape.js';
import { flagOf } from '../terminal/flags.js';
import { print } from '../terminal/streams.js';
import { alignPairs } from '../terminal/table.js';

interface ConfigFlags extends StoreFlags {
  readonly json?: boolean;
}

const HELP = `
Examples:
  gristmill config
  GRISTMILL_FRAME_CACHE_BYTES=256m gristmill config --json | jq .options.frameCacheBytes
  gristmill config --record-ttl-ms 5s --collections '{"posts":{"recordCacheBytes":"64m"}}'

A flag overrides a variable, a variable overrides the config file, the config file overrides the default.
Options that a program gives to openStore() override all of them.
Sizes may have a unit (64k, 64m, 1g). Times may have one too (500ms, 5s, 1m, 2h, 1d).`;

/** Adds the command to the program. */
export function addConfig(program: Command): void {
  const command = program
    .command('config')
    .description('print the options that apply in this directory, and where each value comes from')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(runConfig);
  withCollectionsFlag(withStoreFlags(command, STORE_FLAGS));
}

async function runConfig(flags: ConfigFlags): Promise<void> {
  const { findConfig } = await import('../../config/found.js');
  const { defaultSettings, readSettings } = await import('../../config/settings.js');
  const found = findConfig(flags.config);
  const layers = [defaultSettings(), found === undefined ? [] : await readSettings(found), await flagSettings(flags)];
  // What is set again stays in its place, and is what the last one says.
  const settings = new Map(layers.flat().map((setting) => [pathOf(setting), setting]));
  const file = found?.files[0];
  const text = flags.json
    ? `${JSON.stringify(asObject(file, [...settings.values()]))}\n`
    : await asTable(file, settings);
  print(text);
}

async function asTable(file: string | undefined, settings: ReadonlyMap<string, Setting>): Promise<string> {
  const { tableFor } = await import('../../config/settings.js');
  const rows = [...settings].map(([path, { of, name, value, from }]) => {
    const word = writeOption(value, tableFor(of)[name]!) || '\u2013';
    return [path, word, isAbsolute(from) ? relative('', from) : from].map(escapeControls);
  });
  const width = Math.max(...rows.map(([, word]) => word!.length));
  const pairs = rows.map(([path, word, from]) => [path!, `${word!.padEnd(width)}  ${from}`] as const);
  return `${alignPairs([['config file', escapeControls(file ?? 'none')]])}\n${alignPairs(pairs)}`;
}

async function flagSettings(flags: ConfigFlags): Promise<Setting[]> {
  const { config: _config, collections = {}, encryption = {}, ...options } = await storeOptionsIn(flags);
  const settings: Setting[] = Object.entries({ ...options, ...encryption }).map(([name, value]) => ({
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
      told.collections[of.collection]![name] = { value, from };
    }
  }
  return told;
}

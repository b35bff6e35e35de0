// Config files and flags as tests of options need them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { onTestFinished } from 'vitest';
import { STORE_FLAGS, storeOptionsIn, withCollectionsFlag, withStoreFlags } from '../../src/cli/shared/store-flags.js';
import { defaultSettings, tableFor } from '../../src/config/settings.js';
import type { DataRow } from '../../src/options/check.js';
import type { StoreOptions } from '../../src/options/store-types.js';

/** Every option there is: whose, its name, its row. */
export const ROWS = defaultSettings().map(({ of, name }) => [of, name, tableFor(of)[name] as DataRow] as const);

/** A config file of this content; its path. */
export function fileOf(content: unknown): string {
  const directory = mkdtempSync(join(tmpdir(), 'gristmill-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'settings.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** What these words on a command line are as options. */
export function flagged(...words: readonly string[]): Promise<StoreOptions> {
  const command = withCollectionsFlag(withStoreFlags(new Command().exitOverride(), STORE_FLAGS));
  command.configureOutput({ outputError: () => {} });
  return storeOptionsIn(command.parse(words, { from: 'user' }).opts());
}

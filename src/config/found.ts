// [found] > settings > options
//
// Looks for what is set outside the code: a config file in the working directory, and GRISTMILL_ variables.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ZSTD_VARIABLE } from '../store/codec/zstd/implementation.js';
import { checkConfigOwner } from './config-owner.js';

/** Looked for in the working directory, and nowhere else: a config file may be code, so it has to be the user's own. */
export const CONFIG_FILES = ['gristmill.config.json', 'gristmill.config.js', 'gristmill.config.ts'] as const;
export const VARIABLE_PREFIX = 'GRISTMILL_';

/** Names the config file, or is "false" for none: it stands above the file, so it is no option of it. */
const CONFIG_VARIABLE = `${VARIABLE_PREFIX}CONFIG`;

/** Names the store of a command that is given none. A program names its store in code. */
export const STORE_VARIABLE = `${VARIABLE_PREFIX}STORE`;

/** Sets the key file of a store, also for commands that read no config file. */
export const KEY_FILE_VARIABLE = `${VARIABLE_PREFIX}KEY_FILE`;

/** Variables with the prefix that are no options: the last arms failpoints (base/failpoints.ts). */
const OTHER_VARIABLES: readonly string[] = [
  CONFIG_VARIABLE,
  STORE_VARIABLE,
  ZSTD_VARIABLE,
  `${VARIABLE_PREFIX}FAILPOINTS`,
];

/** What there is to be read. */
export interface FoundConfig {
  /** Absolute paths: the one named, or those in the working directory, of which there may be one. */
  readonly files: readonly string[];
  /** By their whole names; none is empty. */
  readonly variables: Readonly<Record<string, string>>;
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

// The store of a command that is given none: it is in the directory where the user's programs keep their data. Only the command
// line has it. A program names its store in code.

import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { whyNotOwn } from '../../store/files/exposure.js';
import { makeDirectories } from '../../store/files/layout.js';

/** As help names it, for the system that it runs on. */
export const DEFAULT_STORE_SHOWN = {
  win32: '%LOCALAPPDATA%\\gristmill\\default',
  darwin: '~/Library/Application Support/gristmill/default',
  other: '~/.local/share/gristmill/default',
}[systemOf()];

/** The absolute path. Undefined for a user without a home directory. */
export function defaultStore(): string | undefined {
  const data = dataDirectory();
  return data === undefined ? undefined : join(data, 'gristmill', 'default');
}

/** Where programs keep the data of this user. A relative path in the variable is ignored, as the XDG specification says. */
function dataDirectory(): string | undefined {
  const system = systemOf();
  const named = process.env[system === 'win32' ? 'LOCALAPPDATA' : 'XDG_DATA_HOME'];
  if (named !== undefined && isAbsolute(named)) return named;
  const home = homeDirectory();
  if (home === undefined) return undefined;
  if (system === 'win32') return join(home, 'AppData', 'Local');
  return system === 'darwin' ? join(home, 'Library', 'Application Support') : join(home, '.local', 'share');
}

function homeDirectory(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined; // no variable, and no entry in the list of users
  }
}

function systemOf(): 'win32' | 'darwin' | 'other' {
  const { platform } = process;
  return platform === 'win32' || platform === 'darwin' ? platform : 'other';
}

/**
 * Makes the directories above the default store that are missing, private to this user.
 * @throws GristmillError STORE_NOT_TRUSTED where others own, or can change, the directory that they would be made in; IO_ERROR
 */
export function makeDefaultPlace(store: string): void {
  const parent = dirname(store);
  let there = parent;
  while (statSync(there, { throwIfNoEntry: false }) === undefined && there !== dirname(there)) there = dirname(there);
  const why = whyNotOwn(statSync(there));
  if (why !== undefined) {
    const message = `the default store ${store} was not made, because ${there} ${why}: name a store with --store`;
    throw new GristmillError('STORE_NOT_TRUSTED', message, { file: there });
  }
  makeDirectories(parent);
}

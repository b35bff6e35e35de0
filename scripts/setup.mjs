// What `npm test` and `npm run demo` do first, so that each works in a fresh clone: install and build what is missing.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './files.mjs';

/** Installs when node_modules is missing or not what the lockfile says; throws when that fails. */
export function install() {
  if (isInstalled()) return;
  console.log('install: npm ci (zstd is compiled here when no prebuilt binary fits: about a minute)');
  const status = npm(['ci', '--no-audit', '--no-fund']);
  if (status !== 0) throw new Error(`install: npm ci ended with ${status}; its message is above`);
}

/** Whether every package of the lockfile is there in its version. Times say nothing: git writes files anew. */
function isInstalled() {
  // npm writes this file at the end of every install.
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json')).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || optional === true || devOptional === true || installed[path]?.version === version,
  );
}

/**
 * @param {string} lockfile from the root
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} by folder
 */
function packagesOf(lockfile) {
  return existsSync(inRoot(lockfile)) ? JSON.parse(readFileSync(inRoot(lockfile), 'utf8')).packages : {};
}

/** Installs, then builds what is stale. */
export async function setUp() {
  install();
  // After the installation only: it may replace the compilers.
  const { build } = await import('./build.mjs');
  build();
}

/**
 * Runs npm with its output shown.
 * @param {readonly string[]} args
 * @returns {number | null} exit code; null when it did not start or was killed
 */
export function npm(args) {
  const script = process.env.npm_execpath;
  // node-gyp compiles with one process unless told otherwise.
  const env = { JOBS: 'max', ...process.env };
  const options = { cwd: root, stdio: /** @type {const} */ ('inherit'), env };
  if (script !== undefined && /npm-cli\.c?js$/.test(script) && existsSync(script)) {
    return spawnSync(process.execPath, [script, ...args], options).status;
  }
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' }).status;
}

/** @param {string} path from the root */
export const inRoot = (path) => join(root, path);

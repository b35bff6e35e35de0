// The oldest and the newest Node that gristmill supports, from the npm package that carries its binary: users run the newest long
// before our own machines do.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { inRoot, npm } from './setup.mjs';

/** The oldest that `engines` in package.json allows. */
const OLDEST = '20.19.0';
/** The newest line; the packages in the folders below end here when it moves on. */
const NEWEST = '26';
const FOLDER = 'node_modules/.cache/gristmill';

export const oldestNode = () => nodeOf(OLDEST, `${FOLDER}/oldest-node`);
export const newestNode = () => nodeOf(NEWEST, `${FOLDER}/node`);

/**
 * Path of a runnable Node, installed on first use.
 * @param {string} wanted a version, or the beginning of one
 * @param {string} folder to install it in
 * @returns {{ path: string, version: string } | { missing: string }} or why there is none
 */
function nodeOf(wanted, folder) {
  if (`${process.versions.node}.`.startsWith(`${wanted}.`))
    return { missing: `this is Node ${process.versions.node} already` };
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${system}-${process.arch}`;
  const path = inRoot(`${folder}/node_modules/${name}/bin/node${process.platform === 'win32' ? '.exe' : ''}`);
  if (!existsSync(path)) {
    mkdirSync(inRoot(folder), { recursive: true });
    const where = ['--prefix', inRoot(folder), '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
    const status = npm(['install', ...where, `${name}@${wanted}`]);
    if (status !== 0) return { missing: `npm could not install ${name}@${wanted}` };
  }
  const { stdout, status } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? { path, version: stdout.trim() } : { missing: `${name} does not run here` };
}

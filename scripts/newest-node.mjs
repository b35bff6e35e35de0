// The newest Node, from the npm package that carries its binary: users run it long before our own machines do.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { inRoot, npm } from './setup.mjs';

/** The newest line of Node; `node_modules` of the packages below end here when it moves on. */
const NEWEST_MAJOR = 26;
const FOLDER = 'node_modules/.cache/gristmill/node';

/**
 * Path of a runnable newest Node, installed on first use.
 * @returns {{ path: string, version: string } | { missing: string }} or why there is none
 */
export function newestNode() {
  if (Number(process.versions.node.split('.')[0]) >= NEWEST_MAJOR) {
    return { missing: `this is Node ${process.versions.node} already` };
  }
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${system}-${process.arch}`;
  const path = inRoot(`${FOLDER}/node_modules/${name}/bin/node${process.platform === 'win32' ? '.exe' : ''}`);
  if (!existsSync(path)) {
    mkdirSync(inRoot(FOLDER), { recursive: true });
    const where = ['--prefix', inRoot(FOLDER), '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
    const status = npm(['install', ...where, `${name}@${NEWEST_MAJOR}`]);
    if (status !== 0) return { missing: `npm could not install ${name}@${NEWEST_MAJOR}` };
  }
  const { stdout, status } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? { path, version: stdout.trim() } : { missing: `${name} does not run here` };
}

// A project as a user has it: the package under its name, other packages that an example needs, a file of users, and
// `gristmill` on the path.

import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CLI, ROOT, scratch } from './cli.js';

const run = promisify(execFile);

/** @param packages of node_modules, by their names */
export function userProject(packages: readonly string[] = []): string {
  const folder = scratch();
  link(folder, 'gristmill', ROOT);
  for (const name of packages) link(folder, name, join(ROOT, 'node_modules', name));
  const users = Array.from({ length: 200 }, (_, id) => ({
    id,
    email: id === 42 ? 'ada@example.com' : `user${id}@example.com`,
    country: ['AT', 'BE', 'CH', 'DE'][id % 4],
    precise: 0.1,
  }));
  writeFileSync(join(folder, 'users.json'), JSON.stringify(users));
  const shim = join(folder, 'gristmill');
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  chmodSync(shim, 0o755);
  return folder;
}

function link(folder: string, name: string, to: string): void {
  const path = join(folder, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(to, path, 'dir');
}

/** Runs commands in a project; the first that fails ends them. */
export function runShell(folder: string, script: string): Promise<{ readonly stdout: string }> {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  return run('sh', ['-ec', script], { cwd: folder, env });
}

/** Runs a module of a project to its end. */
export function runModule(folder: string, file: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return run(process.execPath, [file], { cwd: folder });
}

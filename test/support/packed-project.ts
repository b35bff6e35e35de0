// A user's project: an empty folder in which the packed package was installed, without scripts, compilers or anything beside it.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './cli.js';
import { makeDirectory } from './import-files.js';

const run = promisify(execFile);

export interface PackedProject {
  readonly folder: string;
  /** The file that npm pack made. */
  readonly tarball: string;
  /** What it lists. */
  readonly files: readonly string[];
  /** Call it at the end. */
  remove(): void;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** npm, without what `npm test` put into the environment, and with compilers that fail. */
async function npm(args: readonly string[], cwd: string): Promise<string> {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle)_/.test(name));
  const env = { ...Object.fromEntries(entries), CC: 'false', CXX: 'false' };
  const { stdout } = await run('npm', args, { cwd, env, maxBuffer: 1 << 24, shell: process.platform === 'win32' });
  return stdout;
}

export async function packedProject(): Promise<PackedProject> {
  const { path: folder, remove } = makeDirectory();
  writeFileSync(join(folder, 'package.json'), '{"name":"user","private":true,"type":"module"}');
  const packed = await npm(['pack', ROOT, '--json', '--ignore-scripts', '--pack-destination', folder], folder);
  // npm 10 and 11 print a list of packages; later ones an object by name.
  const [pack] = Object.values(JSON.parse(packed)) as { filename: string; files: { path: string }[] }[];
  const tarball = join(folder, pack!.filename);
  await npm(['install', tarball, '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], folder);
  return { folder, tarball, files: pack!.files.map(({ path }) => path), remove };
}

/** Runs a script of Node in the project; does not throw where it ends with an error. */
export async function node(folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  try {
    const ran = await run(process.execPath, args, { cwd: folder, env: { ...process.env, ...env }, maxBuffer: 1 << 24 });
    return { code: 0, ...ran };
  } catch (error) {
    const { code, stdout, stderr } = error as Ran;
    return { code, stdout, stderr };
  }
}

/** Runs a tool of this repository there. @param script in node_modules */
export const tool = (folder: string, script: string, ...args: readonly string[]): Promise<Ran> =>
  node(folder, [join(ROOT, 'node_modules', script), ...args]);

// What a program creates, and with which mode: its system calls as strace saw them, with umask 000, so that the mode that
// is asked for is the mode there is.

import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const STEPS = fileURLToPath(new URL('permission-steps.mjs', import.meta.url));
const IMPORT = fileURLToPath(new URL('import-child.mjs', import.meta.url));
/** All calls that make a name, and those that change a mode. */
const CALLS = [
  ...['open', 'openat', 'openat2', 'creat', 'mkdir', 'mkdirat', 'mknod', 'mknodat', 'symlink', 'symlinkat'],
  ...['link', 'linkat', 'rename', 'renameat', 'renameat2', 'chmod', 'fchmod', 'fchmodat', 'umask'],
];
const OTHERS = 0o077;
const BEYOND_FILE = 0o177;

/** Why nothing can be traced here; undefined where it can. */
export const untraceable: string | undefined =
  process.platform !== 'linux'
    ? 'needs Linux'
    : spawnSync('which', ['strace']).status !== 0
      ? 'needs strace'
      : undefined;

export interface Trace {
  /** Paths of files and directories that were created, or would have been if they had not been there. */
  readonly created: readonly string[];
  /** What nobody should do, in words. */
  readonly faults: readonly string[];
}

/** Runs steps of permission-steps.mjs. @param directory with `in` and `out` (placeForSteps) */
export function traceSteps(directory: string, steps: readonly string[]): Promise<Trace> {
  return traced(directory, [STEPS, directory, ...steps]);
}

/** Runs import-child.mjs, which may be killed. @param order as it wants it */
export function traceImport(directory: string, order: object): Promise<Trace> {
  return traced(directory, [IMPORT, JSON.stringify(order)], 'may be killed');
}

/** Makes `in` and `out` in a directory, `out` private. */
export function placeForSteps(directory: string): string {
  mkdirSync(join(directory, 'in'));
  mkdirSync(join(directory, 'out'), { mode: 0o700 });
  return directory;
}

async function traced(directory: string, program: readonly string[], end?: 'may be killed'): Promise<Trace> {
  const log = join(mkdtempSync(join(directory, 'in', 'trace-')), 'log');
  const strace = ['strace', '-f', '-qq', '-y', '-e', 'signal=none', '-e', `trace=${CALLS}`, '-o', log];
  const words = ['-c', 'umask 000 && exec "$@"', 'sh', ...strace, process.execPath, ...program];
  const out = join(directory, 'out');
  // A config file or variables of whoever runs the tests have no say; the default store is in `out`.
  const env = { PATH: process.env.PATH, HOME: join(directory, 'in'), XDG_DATA_HOME: join(out, 'share') };
  try {
    await promisify(execFile)('sh', words, { cwd: join(directory, 'in'), env });
  } catch (error) {
    if (end === undefined || (error as { signal?: unknown }).signal !== 'SIGKILL') throw error;
  }
  return judge(readFileSync(log, 'utf8').split('\n'), out);
}

const QUOTED = /"((?:[^"\\]|\\.)*)"/g;
const DESCRIPTOR = /^\w+\(\d+<([^>]*)>/;

/** Judges lines of strace: what they create below `out`. A line may end before the call is over, but has its arguments. */
function judge(lines: readonly string[], out: string): Trace {
  const created: string[] = [];
  const faults: string[] = [];
  // LMDB is given its directory by descriptor, and nothing else is reached that way.
  const isOurs = (path: string | undefined): boolean =>
    path !== undefined && (`${path}${sep}`.startsWith(`${out}${sep}`) || path.startsWith('/proc/self/fd/'));
  for (const line of lines) {
    const text = line.replace(/^\d+ +/, '');
    const call = /^\w+/.exec(text)?.[0];
    if (call === undefined || !CALLS.includes(call)) continue;
    const paths = [...text.matchAll(QUOTED)].map(([, path]) => path!);
    const last = paths.at(-1);
    if (call === 'umask') faults.push(text);
    else if (call.includes('chmod')) {
      if (isOurs(paths[0] ?? DESCRIPTOR.exec(text)?.[1])) faults.push(text);
    } else if (/^(link|rename)/.test(call)) {
      if (isOurs(last) && !isOurs(paths[0])) faults.push(`comes from elsewhere: ${text}`);
    } else if (isOurs(last) && (!call.startsWith('open') || /\bO_(CREAT|TMPFILE)\b/.test(text))) {
      created.push(last!);
      const mode = Number.parseInt(/, (?:mode=)?(0[0-7]*)(?:\}|\)| <unfinished| =)/.exec(text)?.[1] ?? '777', 8);
      if ((mode & (call.startsWith('mkdir') ? OTHERS : BEYOND_FILE)) !== 0) faults.push(text);
    }
  }
  return { created, faults };
}

/** What lies below a directory and is wider than 0600, or as a directory 0700: an answer of the file system itself. */
export function widerThanPrivate(directory: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).flatMap((name) => {
    const stat = statSync(join(directory, name));
    const isWide = (stat.mode & (stat.isDirectory() ? OTHERS : BEYOND_FILE)) !== 0;
    return isWide ? [`${name} ${(stat.mode & 0o777).toString(8)}`] : [];
  });
}

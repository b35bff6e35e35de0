// Starts import-child.mjs and waits for what it says.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { ImportReport } from '../../src/base/import-report.js';
import type { ImportOptions } from '../../src/import/options/types.js';
import { prepareStoreDirectory } from '../../src/store/files/layout.js';

const SCRIPT = fileURLToPath(new URL('import-child.mjs', import.meta.url));

export interface ChildImport {
  readonly directory: string;
  readonly sources: readonly string[];
  readonly options?: ImportOptions;
  readonly killAtScan?: number;
  readonly killAtMerge?: number;
  readonly killAtStage?: 'merge' | 'publish' | 'done';
  readonly holdAtScan?: number;
  readonly journalFrom?: number;
  /** Keys of an encrypted store, as `sealAsText` gives them. */
  readonly seal?: object;
}

export interface Child {
  readonly process: ChildProcess;
  /** Resolves when it holds. */
  readonly held: Promise<void>;
  /** Lets it go on. */
  goOn(): void;
  /** Report or error; undefined when it was killed. */
  readonly ended: Promise<(ImportReport & { error?: string; message?: string }) | undefined>;
}

export function startImport(what: ChildImport): Child {
  prepareStoreDirectory(what.directory, true);
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(what)], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let text = '';
  const held = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.includes('held\n')) resolve();
    });
  });
  const ended = new Promise<Awaited<Child['ended']>>((resolve, reject) => {
    child.on('close', (code, signal) => {
      const last = text.trimEnd().split('\n').at(-1) ?? '';
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0 && last.startsWith('{')) resolve(JSON.parse(last));
      else reject(new Error(`the import ended with ${code ?? signal}: ${text}`));
    });
  });
  return { process: child, held, ended, goOn: () => void child.stdin.write('\n') };
}

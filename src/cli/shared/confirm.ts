// Asks before something is removed that cannot be had back. Where nobody can answer, the flag has to say yes.

import { createInterface } from 'node:readline/promises';
import { escapeControls } from '../terminal/escape.js';

/**
 * @param yes whether `--yes` was given: then nothing is asked
 * @returns whether to go on
 * @throws TypeError if there is no terminal to ask on, and no `--yes`
 */
export async function confirmed(question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new TypeError(
      'there is no terminal, so gristmill could not ask, and nothing was changed: give --yes to run without a question',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${escapeControls(question)} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

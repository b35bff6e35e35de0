// Asks for a passphrase at the terminal, without showing it. What is typed is never echoed, not even as stars.

import { GristmillError } from '../../base/errors.js';
import { printError } from './streams.js';

const ENTER = new Set(['\r', '\n']);
const BACKSPACE = new Set(['\b', '\x7f']);
const INTERRUPT = '\x03';
const END = '\x04';
/** All of the line, as in a shell. */
const ERASE_LINE = '\x15';

/** @throws GristmillError KEY_NEEDED where stdin is no terminal; CANCELLED */
export async function askPassphrase(prompt: string): Promise<string> {
  const { stdin } = process;
  if (!stdin.isTTY) {
    const message =
      'the store needs a passphrase, and gristmill asks for it only in a terminal: run the command in one, or keep the key in a file (--key-file, or the variable GRISTMILL_KEY_FILE)';
    throw new GristmillError('KEY_NEEDED', message);
  }
  // Before the question is there to be answered: the terminal itself would show what is typed until then.
  stdin.setRawMode(true);
  printError(prompt);
  try {
    return await typed();
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    printError('\n');
  }
}

/** What is typed up to Enter. */
function typed(): Promise<string> {
  const { stdin } = process;
  return new Promise((resolve, reject) => {
    let letters: string[] = [];
    const end = (done: () => void): void => {
      stdin.off('data', take);
      done();
    };
    const take = (chunk: string): void => {
      for (const letter of chunk) {
        if (ENTER.has(letter)) {
          end(() => resolve(letters.join('')));
          return;
        }
        if (letter === INTERRUPT || (letter === END && letters.length === 0)) {
          end(() => reject(new GristmillError('CANCELLED', 'no passphrase was given')));
          return;
        }
        if (letter === ERASE_LINE) letters = [];
        else if (BACKSPACE.has(letter)) letters.pop();
        else letters.push(letter);
      }
    };
    stdin.setEncoding('utf8');
    stdin.on('data', take);
    stdin.resume();
  });
}

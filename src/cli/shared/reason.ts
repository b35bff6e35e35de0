// The flag of every command that changes a store: why it does.

import { type Command, InvalidArgumentError } from 'commander';
import { checkWhy, REASON } from '../../options/audit.js';

/** What the flag is parsed to. */
export interface ReasonFlags {
  readonly why?: string;
}

/** Adds `--why`. */
export function withReason(command: Command): Command {
  return command.option('--why <text>', REASON.why.meaning, (word) => {
    try {
      checkWhy(word);
      return word;
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  });
}

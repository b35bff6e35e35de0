// How the commands read their words: as commander does, and negative numbers in all their spellings are arguments.

import { Command } from 'commander';

/** A negative number as JSON spells it. Commander knows those with a small e only, and takes `-1E5` for an option. */
const NEGATIVE = /^-\d[\d.]*(?:[eE][+-]?\d+)?$/;

/** A command whose arguments may be negative numbers. */
export class KeyCommand extends Command {
  override createCommand(name?: string): Command {
    return new KeyCommand(name);
  }

  override parseOptions(words: string[]): { operands: string[]; unknown: string[] } {
    const { operands, unknown } = super.parseOptions(words);
    if (this.commands.length > 0) return { operands, unknown };
    // From the first word that commander takes for an unknown option on, everything it does not know is here, in order.
    const option = unknown.findIndex((word) => word.startsWith('-') && !NEGATIVE.test(word));
    if (option === -1) return { operands: [...operands, ...unknown], unknown: [] };
    const before = [...operands, ...unknown.slice(0, option)];
    if (unknown[option] === '--') return { operands: [...before, ...unknown.slice(option + 1)], unknown: [] };
    return { operands: before, unknown: unknown.slice(option) };
  }
}

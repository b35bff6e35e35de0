// migration > plan > operations > [call]
//
// A function of the application, on the text of a whole record. It is looked for when a record needs it: other reads go on
// without it.

import { Refusal } from '../failure.js';
import { textOf } from '../text/tree.js';
import type { Functions, MigrationFunction } from '../types.js';
import type { ActionOf, Kind } from './kind.js';

export const call: Kind<ActionOf<'call'>> = {
  apply: (action, { functions }) => {
    return (record) => {
      record.value = resultOf(action, (text) => registered(action, functions).up(text), textOf(record.value));
    };
  },
  inverse: ({ name, version }) => ({ op: 'uncall', name, version }),
  canFail: () => true,
  isLossless: () => false,
  places: () => [[]],
  moves: () => [],
};

export const uncall: Kind<ActionOf<'uncall'>> = {
  apply: (action, { functions }) => {
    return (record) => {
      const one = registered(action, functions);
      if (one.down === undefined) {
        throw new Refusal('NO_FUNCTION', [], `was changed by the function ${label(action)}, which has no way down`);
      }
      record.value = resultOf(action, (text) => one.down!(text), textOf(record.value));
    };
  },
  inverse: ({ name, version }) => ({ op: 'call', name, version }),
  canFail: () => true,
  isLossless: () => false,
  places: () => [[]],
  moves: () => [],
};

type Named = Pick<MigrationFunction, 'name' | 'version'>;

function registered({ name, version }: Named, functions: Functions): MigrationFunction {
  const found = functions.find((one) => one.name === name && one.version === version);
  if (found !== undefined) return found;
  throw new Refusal('NO_FUNCTION', [], `needs the function ${label({ name, version })}, which is not registered`);
}

function label({ name, version }: Named): string {
  return `${name} of version ${version}`;
}

/** What the function gives, without white space between tokens. */
function resultOf(named: Named, change: (text: string) => string, text: string): string {
  const changed = called(named, change, text);
  if (typeof changed !== 'string' || !isJson(changed)) {
    throw new Refusal('FUNCTION_FAILED', [], `becomes no JSON text by the function ${label(named)}`);
  }
  return changed.replace(STRING_OR_SPACE, '$1');
}

function called(named: Named, change: (text: string) => string, text: string): unknown {
  try {
    return change(text);
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal('FUNCTION_FAILED', [], `is refused by the function ${label(named)}`, cause);
  }
}

/** The error of JSON.parse would show a piece of the record. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const STRING_OR_SPACE = /("[^"\\]*(?:\\.[^"\\]*)*")|\s+/g;

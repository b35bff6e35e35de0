// migrations > plan > compose > object plan > [trial] > dry run
//
// Whether records certainly have a newer version, told from the bytes of a frame, without making it. Most plans refuse a record only for
// a member that is there already. Where no member in a frame has such a name, nothing in it has to be walked over.

import { RECORD_BYTES_MAX } from '../../base/limits.js';
import type { Action, Context } from '../operations/kind.js';
import type { Migration } from '../types.js';
import { compiled, objectPlan } from './compiled.js';
import { composed } from './compose.js';
import type { ObjectPlan } from './object-plan.js';
import { passes } from './walk.js';

export interface Trial {
  /** Whether `up` certainly fails for none of the texts in some bytes. If not, ask for each. @param bytes texts in UTF-8, and newlines */
  passesAll(bytes: Buffer): boolean;
  /** Whether `up` certainly does not fail for a text. If not, call it. @param line in UTF-8 */
  passes(line: Buffer): boolean;
}

/** Names whose characters are spelled as they are, or as `ASCII_ESCAPE` and a hexadecimal digit from 2 to 7 and another one. */
const PLAIN_NAME = /^[A-Za-z0-9_-]+$/;
const ASCII_ESCAPE = Buffer.from('\\u00');
const [TWO, SEVEN] = ['2'.charCodeAt(0), '7'.charCodeAt(0)] as const;
/** More of them are searched for in more time than a walk takes. */
const NAMES_MAX = 4;

/** The trial of one plan of these migrations. Undefined where only `up` can say. */
export function trialOf(migrations: readonly Migration[]): Trial | undefined {
  const [stage, ...others] = composed(migrations.flatMap(({ ops }) => ops as readonly Action[]));
  if (stage?.level === undefined || others.length > 0) return undefined;
  const context: Context = { functions: [], compile: (actions) => compiled(actions, context) };
  const { plan, kept } = objectPlan(stage.level, context);
  const needles = needlesOf(plan);
  // No text has more objects than characters.
  const bytesMax = RECORD_BYTES_MAX / (1 + plan.growth);
  return {
    passesAll: (bytes) =>
      needles !== undefined &&
      bytes.length <= bytesMax &&
      needles.every((needle) => !bytes.includes(needle)) &&
      !hasEscapedName(bytes),
    passes: (line) => passes(line, plan, kept),
  };
}

/** Where none of these is, nothing is refused. Undefined: there is more to look at. */
function needlesOf({ refusedNames }: ObjectPlan): readonly Buffer[] | undefined {
  if (refusedNames === undefined || refusedNames.length > NAMES_MAX) return undefined;
  if (!refusedNames.every((name) => PLAIN_NAME.test(name))) return undefined;
  return refusedNames.map((name) => Buffer.from(`"${name}":`));
}

/** Whether there may be a plain name that is spelled with an escape. */
function hasEscapedName(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(ASCII_ESCAPE); at !== -1; at = bytes.indexOf(ASCII_ESCAPE, at + 1)) {
    const digit = bytes[at + ASCII_ESCAPE.length]!;
    if (digit >= TWO && digit <= SEVEN) return true;
  }
  return false;
}

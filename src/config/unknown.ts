// found > [settings] > options
//
// Variables with our prefix that are no options. A platform may have set them: Kubernetes gives a container eight variables
// for a service, and for one that is called gristmill they begin with GRISTMILL_. So they stop nothing. A misspelled option
// must not silently do nothing either, so they are reported, each once in a process.

import { WARNING_TYPE } from '../base/events.js';
import { nearestOf } from '../options/nearest-name.js';
import { VARIABLE_PREFIX } from './found.js';

/** Of the process, not of this module: a program may hold several copies of it. */
const REPORTED = Symbol.for('gristmill.unknown-variables');
const shared = globalThis as { [REPORTED]?: Set<string> };

/** Warns of the variables that were not reported before. @param known names that are options */
export function reportUnknownVariables(names: readonly string[], known: readonly string[]): void {
  shared[REPORTED] ??= new Set();
  const reported = shared[REPORTED];
  const fresh = names.filter((name) => !reported.has(name));
  if (fresh.length === 0) return;
  for (const name of fresh) reported.add(name);
  process.emitWarning(textOf(fresh, known), WARNING_TYPE);
}

function textOf(names: readonly string[], known: readonly string[]): string {
  const isOne = names.length === 1;
  const [ignored, are, them] = isOne
    ? ['variable', 'is not an option', 'it']
    : ['variables', 'are not options', 'them'];
  // Without the prefix, which makes all of them alike.
  const options = known.map((name) => name.slice(VARIABLE_PREFIX.length));
  const meant = names.flatMap((name) => {
    const nearest = nearestOf(name.slice(VARIABLE_PREFIX.length), options);
    return nearest === undefined ? [] : [`for ${name}, did you mean ${VARIABLE_PREFIX}${nearest}?`];
  });
  const list = `the ${ignored} ${names.join(', ')} ${are}, and gristmill ignores ${them}`;
  return [list, ...meant].join('; ');
}

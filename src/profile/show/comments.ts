// profile > facts > [comments] > TypeScript
//
// What a type does not say of a member, in one line: its format or range, and what to look out for.

import type { PathProfile } from '../types.js';
import { isTelling, rangeText } from './cells.js';
import { warningsOf } from './warnings.js';

/** None for a member of which the type says all. It has nothing in it that ends a comment. */
export function commentOf(path: PathProfile): string | undefined {
  const facts = [...(isTelling(path) ? [rangeText(path)] : []), ...warningsOf(path)];
  return facts.length === 0 ? undefined : `${capitalised(facts.join('; '))}.`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// Schemas that a profile may prove, by their texts: a thread proves one of them many times, span by span or shard by shard.

import { ALL_FORMATS } from './formats.js';
import { isProvable, isProven } from './proof.js';
import { FORMATS, type PathProfile, type WantedFacts } from './types.js';

/** A profile of everything. */
export const ALL_FACTS: WantedFacts = { values: true, formats: ALL_FORMATS };

export class Provable {
  readonly #schema: unknown;

  private constructor(schema: unknown) {
    this.#schema = schema;
  }

  /** Undefined: no profile proves this schema. @param text of a JSON Schema 2020-12 */
  static of(text: string): Provable | undefined {
    const before = known.get(text);
    if (before !== undefined) return before;
    const schema: unknown = JSON.parse(text);
    if (!isProvable(schema)) return undefined;
    const provable = new Provable(schema);
    if (known.size === KNOWN_MAX) known.delete(known.keys().next().value as string);
    known.set(text, provable);
    return provable;
  }

  /** Whether all records of a profile are certainly valid. @param root their own path */
  holds(root: PathProfile): boolean {
    return isProven(this.#schema, root);
  }

  /** What a profile has to say for `holds`. */
  static wanted(provables: readonly Provable[]): WantedFacts {
    const wanted = { values: false, formats: 0 };
    for (const provable of provables) addWanted(provable.#schema, wanted);
    return wanted;
  }
}

/** An import has two of them at most. */
const known = new Map<string, Provable>();
const KNOWN_MAX = 8;

/** Members that are named as a keyword only add to it. */
function addWanted(schema: unknown, wanted: { values: boolean; formats: number }): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'enum' || keyword === 'const') wanted.values = true;
    else if (keyword === 'format') wanted.formats |= ALL_FORMATS & (1 << FORMATS.indexOf(value));
    if (!keyword.startsWith('x-')) addWanted(value, wanted);
  }
}

// A path of a profile that is being made: the readable one. It knows each value as the sum of what single values say.

import { addPaths, foldMembers, NO_KINDS, NOTHING, present } from './add.js';
import { bytesOf, PATH_BYTES } from './bound.js';
import { addNumbers, addStrings, isInteger, numberFacts, stringFacts } from './scalars.js';
import {
  type ArrayFacts,
  type KindCounts,
  NAMES_MAX,
  type NumberFacts,
  type ObjectFacts,
  type PathProfile,
  PROFILE_BYTES,
  type StringFacts,
} from './types.js';
import { inOrder, Values } from './values.js';

interface Sizes {
  least: number;
  most: number;
}

/** What all paths of a profile take in memory, about. */
export interface Budget {
  bytes: number;
}

export class OpenPath {
  readonly #budget: Budget;
  readonly #kinds: { -readonly [Kind in keyof KindCounts]: number } = { ...NO_KINDS };
  readonly #values = new Values();
  readonly #members = new Map<string, OpenPath>();
  #repeats = 0;
  #numbers: NumberFacts | undefined;
  #strings: StringFacts | undefined;
  #arrays: Sizes | undefined;
  #elements: OpenPath | undefined;
  #objects: Sizes | undefined;
  /** All members, since they were folded; and what was known of each of them by then. */
  #anyMember: OpenPath | undefined;
  #foldedMembers: PathProfile | undefined;
  #isPartial = false;

  constructor(budget: Budget) {
    this.#budget = budget;
    budget.bytes += PATH_BYTES;
  }

  addLiteral(kind: 'null' | 'false' | 'true'): void {
    this.#kinds[kind]++;
  }

  addNumber(token: string): void {
    this.#kinds[isInteger(token) ? 'integer' : 'decimal']++;
    this.#numbers = addNumbers(this.#numbers, numberFacts(token));
    this.#addValue(token);
  }

  addString(token: string): void {
    this.#kinds.string++;
    this.#strings = addStrings(this.#strings, stringFacts(token));
    this.#addValue(token);
  }

  addArray(elements: number): void {
    this.#kinds.array++;
    this.#arrays = widened(this.#arrays, elements);
  }

  addObject(members: number): void {
    this.#kinds.object++;
    this.#objects = widened(this.#objects, members);
  }

  /** The path of all elements of arrays here. */
  elements(): OpenPath {
    this.#elements ??= new OpenPath(this.#budget);
    return this.#elements;
  }

  /** The path of a member of objects here. @param seen names that its object had before */
  member(name: string, seen: Set<string>): OpenPath {
    if (this.#anyMember !== undefined) return this.#anyMember;
    let member = this.#members.get(name);
    if (member === undefined) {
      const hasMemory = this.#budget.bytes <= PROFILE_BYTES;
      if (this.#members.size === NAMES_MAX || !hasMemory) return this.#fold(!hasMemory);
      member = new OpenPath(this.#budget);
      this.#budget.bytes += 2 * name.length;
      this.#members.set(name, member);
    }
    if (seen.has(name)) member.#repeats++;
    seen.add(name);
    return member;
  }

  facts(): PathProfile {
    return {
      kinds: { ...this.#kinds },
      repeats: this.#repeats,
      ...present('numbers', this.#numbers),
      ...present('strings', this.#strings),
      ...present('values', this.#values.facts()),
      ...present('arrays', this.#arrayFacts()),
      ...present('objects', this.#objectFacts()),
      ...(this.#isPartial && { isPartial: true }),
    };
  }

  #addValue(token: string): void {
    this.#budget.bytes -= this.#values.bytes;
    this.#values.add(token);
    this.#budget.bytes += this.#values.bytes;
  }

  /** None of the members is being read: this is called for the name of the next one. */
  #fold(isPartial: boolean): OpenPath {
    this.#foldedMembers = foldMembers([...this.#members.values()].map((member) => member.facts()));
    for (const [name, member] of this.#members) this.#budget.bytes -= 2 * name.length + member.#bytes();
    this.#budget.bytes += bytesOf(this.#foldedMembers);
    this.#isPartial ||= isPartial;
    this.#members.clear();
    this.#anyMember = new OpenPath(this.#budget);
    return this.#anyMember;
  }

  /** About what this path takes in memory, with all below it. */
  #bytes(): number {
    let bytes = PATH_BYTES + this.#values.bytes;
    for (const [name, member] of this.#members) bytes += 2 * name.length + member.#bytes();
    if (this.#foldedMembers !== undefined) bytes += bytesOf(this.#foldedMembers);
    for (const path of [this.#elements, this.#anyMember]) if (path !== undefined) bytes += path.#bytes();
    return bytes;
  }

  #arrayFacts(): ArrayFacts | undefined {
    if (this.#arrays === undefined) return undefined;
    const { least: shortest, most: longest } = this.#arrays;
    return { shortest, longest, ...present('elements', this.#elements?.facts()) };
  }

  #objectFacts(): ObjectFacts | undefined {
    if (this.#objects === undefined) return undefined;
    const { least: fewest, most } = this.#objects;
    const size = { fewest, most };
    if (this.#anyMember !== undefined) {
      return { ...size, folded: addPaths(this.#foldedMembers ?? NOTHING, this.#anyMember.facts()) };
    }
    if (this.#members.size === 0) return size;
    return { ...size, members: new Map([...inOrder(this.#members)].map(([name, member]) => [name, member.facts()])) };
  }
}

function widened(sizes: Sizes | undefined, size: number): Sizes {
  return { least: Math.min(size, sizes?.least ?? size), most: Math.max(size, sizes?.most ?? size) };
}

// record > [line, keys] > overlay > pages > transaction
//
// What the paths of a collection's keys lead to in a text that `written` gave (record.ts). Parsing the text would make objects
// of all of it, for the few values that are keys. JSON.stringify leaves no white space, spells a name in one way and writes
// none twice. So names are compared as they are spelled, and an object is left when all names have been met.
//
// The rules are those of the kernel (kernel/plain/capture.ts).

import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from '../../kernel/plain/bytes.js';
import type { KeyPart } from '../../keys/encode.js';
import type { Names } from '../../keys/key-path.js';

/** What one path leads to. */
export interface Found {
  readonly values: KeyPart[];
  /** Whether there was an object, or anything inside an array. */
  isNotScalar: boolean;
  /** Whether there was a number that is not written as JavaScript writes its double: nothing is said about its value. */
  isInexact: boolean;
}

/** A path, and how many of its names have been followed. */
interface Step {
  readonly path: Names;
  /** The place of the path among all. */
  readonly number: number;
  readonly names: number;
}

/** All paths that lead to or through one value. Where they lead from there is found out once. */
export class Route {
  readonly #steps: readonly Step[];
  readonly #members: (Route | undefined)[] = [];
  readonly #elements = new Map<number, Route>();
  #transparent: Route | undefined;
  /** The numbers of the paths that end here. */
  readonly ends: readonly number[];
  /** The names that paths go on with, as JSON spells them, with their quotes. */
  readonly names: readonly string[];
  /** The positions that paths go on with, if there is an array. */
  readonly positions: readonly number[];

  private constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.ends = steps.filter((step) => nameAfter(step) === undefined).map(({ number }) => number);
    this.names = [...new Set(steps.flatMap((step) => spelled(nameAfter(step)) ?? []))];
    const after = steps.map(nameAfter);
    this.positions = [...new Set(after.filter((name) => typeof name === 'number'))];
  }

  static along(paths: readonly Names[]): Route {
    return new Route(paths.map((path, number) => ({ path, number, names: 0 })));
  }

  /** The route from the member on that is the `i`th of `names`. */
  member(i: number): Route {
    let route = this.#members[i];
    if (route === undefined) {
      route = this.#after((name) => spelled(name) === this.names[i]);
      this.#members[i] = route;
    }
    return route;
  }

  /** The route from the element on at one of `positions`. */
  element(position: number): Route {
    let route = this.#elements.get(position);
    if (route === undefined) {
      route = this.#after((name) => name === position);
      this.#elements.set(position, route);
    }
    return route;
  }

  /** The route into all elements of an array, of the paths that arrays are transparent to. */
  get transparent(): Route {
    if (this.positions.length === 0) return this;
    this.#transparent ??= new Route(this.#steps.filter((step) => typeof nameAfter(step) !== 'number'));
    return this.#transparent;
  }

  /** Whether no path is left. */
  get isEmpty(): boolean {
    return this.#steps.length === 0;
  }

  #after(isMeant: (name: string | number | undefined) => boolean): Route {
    const taken = this.#steps.filter((step) => isMeant(nameAfter(step)));
    return new Route(taken.map((step) => ({ ...step, names: step.names + 1 })));
  }
}

function nameAfter({ path, names }: Step): string | number | undefined {
  return path[names];
}

function spelled(name: string | number | undefined): string | undefined {
  return name === undefined ? undefined : JSON.stringify(String(name));
}

/** What each path leads to in a text that `written` gave. @param count how many paths there are */
export function writtenValues(text: string, route: Route, count: number): readonly Found[] {
  const found: Found[] = [];
  for (let i = 0; i < count; i++) found.push({ values: [], isNotScalar: false, isInexact: false });
  if (count > 0) new Walk(text, found).visit(0, route, false, false);
  return found;
}

/** The walk over one text. Recursion is as deep as the longest path and the arrays on it. */
class Walk {
  readonly #text: string;
  readonly #found: readonly Found[];

  constructor(text: string, found: readonly Found[]) {
    this.#text = text;
    this.#found = found;
  }

  /**
   * Visits the value at `at`.
   * @param needsEnd whether the end of the value is asked for
   * @returns where the value ends, or any place within it
   */
  visit(at: number, route: Route, isInsideArray: boolean, needsEnd: boolean): number {
    const first = this.#text.charCodeAt(at);
    if (first === OPEN_OBJECT) return this.#visitObject(at, route, isInsideArray, needsEnd);
    if (first === OPEN_ARRAY) return this.#visitArray(at, route, isInsideArray);
    const end = scalarEnd(this.#text, at);
    for (const number of route.ends) this.#hold(this.#found[number]!, at, end, isInsideArray);
    return end;
  }

  #visitObject(start: number, route: Route, isInsideArray: boolean, needsEnd: boolean): number {
    const text = this.#text;
    const { names } = route;
    for (const number of route.ends) this.#found[number]!.isNotScalar = true;
    let left = names.length;
    let at = start + 1;
    while (left > 0 && text.charCodeAt(at) !== CLOSE_OBJECT) {
      if (text.charCodeAt(at) === COMMA) at++;
      const nameEnd = stringEnd(text, at);
      const i = placeAmong(names, text, at, nameEnd);
      if (i === -1) {
        at = valueEnd(text, nameEnd + 1);
      } else {
        left--;
        at = this.visit(nameEnd + 1, route.member(i), isInsideArray, needsEnd || left > 0);
      }
    }
    return needsEnd ? insideEnd(text, at) : at;
  }

  #visitArray(start: number, route: Route, isInsideArray: boolean): number {
    const text = this.#text;
    const { transparent, positions } = route;
    let at = start + 1;
    for (let position = 0; text.charCodeAt(at) !== CLOSE_ARRAY; position++) {
      if (text.charCodeAt(at) === COMMA) at++;
      if (positions.includes(position)) this.visit(at, route.element(position), isInsideArray, false);
      at = transparent.isEmpty ? valueEnd(text, at) : this.visit(at, transparent, true, true);
    }
    return at + 1;
  }

  #hold(found: Found, at: number, end: number, isInsideArray: boolean): void {
    if (isInsideArray) found.isNotScalar = true;
    const text = this.#text;
    switch (text.charCodeAt(at)) {
      case QUOTE:
        found.values.push(stringAt(text, at, end));
        break;
      case TRUE:
        found.values.push(true);
        break;
      case FALSE:
        found.values.push(false);
        break;
      case NULL:
        found.values.push(null);
        break;
      default: {
        const spelling = text.slice(at, end);
        const number = Number(spelling);
        if (String(number) !== spelling) found.isInexact = true;
        found.values.push(number);
      }
    }
  }
}

const TRUE = 't'.charCodeAt(0);
const FALSE = 'f'.charCodeAt(0);
const NULL = 'n'.charCodeAt(0);

/** A longer part of a text would keep all of the text in memory: V8 copies shorter ones. */
const COPIED_MAX = 12;

function stringAt(text: string, at: number, end: number): string {
  const value = text.slice(at + 1, end - 1);
  return value.length > COPIED_MAX || value.includes('\\') ? (JSON.parse(text.slice(at, end)) as string) : value;
}

/** Which of the names stands in the text from `from` to `to`; -1 for none. */
function placeAmong(names: readonly string[], text: string, from: number, to: number): number {
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (name.length !== to - from) continue;
    let same = 1;
    while (same < name.length && name.charCodeAt(same) === text.charCodeAt(from + same)) same++;
    if (same === name.length) return i;
  }
  return -1;
}

/** One past the closing quote of the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  for (let end = at + 1; ; end++) {
    const unit = text.charCodeAt(end);
    if (unit === QUOTE) return end + 1;
    if (unit === BACKSLASH) end++;
  }
}

function scalarEnd(text: string, at: number): number {
  if (text.charCodeAt(at) === QUOTE) return stringEnd(text, at);
  let end = at;
  for (; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    if (unit === COMMA || unit === CLOSE_OBJECT || unit === CLOSE_ARRAY) break;
  }
  return end;
}

function valueEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  return first === OPEN_OBJECT || first === OPEN_ARRAY ? insideEnd(text, at + 1) : scalarEnd(text, at);
}

/** One past the end of the object or array that `at` is in, between two of its tokens. */
function insideEnd(text: string, at: number): number {
  let depth = 1;
  let end = at;
  while (depth > 0) {
    const unit = text.charCodeAt(end);
    if (unit === QUOTE) {
      end = stringEnd(text, end);
      continue;
    }
    if (unit === OPEN_OBJECT || unit === OPEN_ARRAY) depth++;
    else if (unit === CLOSE_OBJECT || unit === CLOSE_ARRAY) depth--;
    end++;
  }
  return end;
}

// The readable profiler: one character at a time. It is the specification; the kernel (simd/) makes the same profile. What it
// reads are lines of a frame: accepted records, one a line, without white space between tokens.

import { bounded } from '../bound.js';
import { PROFILE_DEPTH_MAX, type Profile } from '../types.js';
import { type Budget, OpenPath } from './open-path.js';

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
/** What can follow a number or a literal. */
const SCALAR_END = /[,\]}\n]|$/g;
const LITERALS = { n: 'null', f: 'false', t: 'true' } as const;

export class PlainProfiler {
  #budget: Budget = { bytes: 0 };
  #root = new OpenPath(this.#budget);
  #records = 0;
  #text = '';
  #at = 0;

  /** @param lines accepted records without white space between tokens, each ended by a newline */
  add(lines: Uint8Array): void {
    this.#text = DECODER.decode(lines);
    for (this.#at = 0; this.#at < this.#text.length; this.#at++) {
      this.#value(this.#root, 0);
      this.#records++;
    }
    this.#text = '';
  }

  /** The profile of all records since the last one that was taken. */
  take(): Profile {
    const profile = { records: this.#records, root: bounded(this.#root.facts()) };
    this.#budget = { bytes: 0 };
    this.#root = new OpenPath(this.#budget);
    this.#records = 0;
    return profile;
  }

  /** Reads the value that begins here. @param depth of the container that it is in */
  #value(path: OpenPath, depth: number): void {
    const first = this.#text.charAt(this.#at);
    if (first === '{') path.addObject(this.#container(path, depth + 1, '}'));
    else if (first === '[') path.addArray(this.#container(path, depth + 1, ']'));
    else if (first === '"') path.addString(this.#string());
    else if (first === 'n' || first === 'f' || first === 't') {
      path.addLiteral(LITERALS[first]);
      this.#scalar();
    } else path.addNumber(this.#scalar());
  }

  /** Reads a container up to its bracket. @returns how many members or elements it has */
  #container(path: OpenPath, depth: number, close: '}' | ']'): number {
    if (depth > PROFILE_DEPTH_MAX) return this.#deepContainer();
    const seen = new Set<string>();
    let count = 0;
    this.#at++;
    while (this.#text.charAt(this.#at) !== close) {
      if (count > 0) this.#at++; // the comma
      count++;
      if (close === ']') this.#value(path.elements(), depth);
      else this.#value(path.member(this.#name(), seen), depth);
    }
    this.#at++;
    return count;
  }

  /** Steps over a container, however deep. @returns how many members or elements it has */
  #deepContainer(): number {
    let [depth, count] = [0, 0];
    do {
      const character = this.#text.charAt(this.#at);
      if (depth === 1 && count === 0 && !/[\]}]/.test(character)) count = 1;
      if (depth === 1 && character === ',') count++;
      if (character === '"') this.#string();
      else this.#at++;
      if (/[[{]/.test(character)) depth++;
      if (/[\]}]/.test(character)) depth--;
    } while (depth > 0);
    return count;
  }

  /** Reads a name with its colon. @returns what it means, which may be spelled in many ways */
  #name(): string {
    const name = JSON.parse(this.#string()) as string;
    this.#at++;
    return name;
  }

  #string(): string {
    const start = this.#at++;
    for (; this.#text.charAt(this.#at) !== '"'; this.#at++) if (this.#text.charAt(this.#at) === '\\') this.#at++;
    return this.#text.slice(start, ++this.#at);
  }

  #scalar(): string {
    const start = this.#at;
    SCALAR_END.lastIndex = start;
    this.#at = SCALAR_END.exec(this.#text)!.index;
    return this.#text.slice(start, this.#at);
  }
}

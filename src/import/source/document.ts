// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What stands around the records: walks a document byte by byte to the array or object that a JSON Pointer names, and,
// when the records have been read, from that container's end to the end of the document. It validates all it passes
// (RFC 8259, UTF-8), remembers only the open brackets, and can stop at any byte and go on with the next buffer. It is the
// slow way (about 100 MB/s) and only ever sees what is outside the records. A file may have several such documents: then
// each is walked by a walker of its own. With a wildcard in the pointer, a document may have several containers: then the
// walker goes on to the next one, and notes the places that have something else.

import type { GristmillError } from '../../base/errors.js';
import type { ScanOptions } from '../../kernel/contract.js';
import { endsScalar } from '../../kernel/plain/bytes.js';
import { isOnePlace, type Places } from '../../keys/paths.js';
import { endsInside, noContainer, nothingThere, notJson, trailingBytes } from '../document/faults.js';
import { nameOf } from '../document/name.js';
import { isScalar } from '../document/scalar.js';
import { CharacterChecker } from './characters.js';

/** The container whose elements or members are the records. */
export interface Container {
  readonly framing: 'array' | 'object';
  /** Offset just after its opening bracket. */
  readonly from: number;
}

type State =
  | 'value'
  | 'value or close'
  | 'name or close'
  | 'name'
  | 'colon'
  | 'after value'
  | 'string'
  | 'scalar'
  | 'done';

/** The extent of a value that is where a container was expected. */
export interface Misfit {
  readonly from: number;
  readonly to: number;
}

interface Level {
  readonly isArray: boolean;
  /** Whether the pointer leads through this container. */
  readonly isOnPath: boolean;
  /** Elements or members begun; the index of the current element is one less. */
  elements: number;
  /** Whether the pointer's name has been met in this object. */
  isMatched: boolean;
}

const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);
const QUOTE = 0x22;
/** No token outside a string needs more, but for digits nobody writes; a name longer than this matches no pointer. */
const TOKEN_BYTES_MAX = 65_536;

const NAMES_SHOWN = 10;
const NO_MISFIT = -1;

export class DocumentWalker {
  readonly #pointer: Places;
  readonly #file: string;
  readonly #depthMax: number;
  readonly #acceptsNonfinite: boolean;
  /** With a wildcard: what the containers have to be. Undefined while none has been met. */
  readonly #expected: Container['framing'] | undefined;
  /** Whether a document may have several containers. */
  readonly isWildcard: boolean;
  readonly #misfits: Misfit[] = [];
  #misfitFrom = NO_MISFIT;
  #state: State = 'value';
  readonly #levels: Level[] = [];
  readonly #characters = new CharacterChecker();
  #isName = false;
  /** Whether the value at hand is the one the pointer names, or on the way to it. */
  #onPath = true;
  /** A token as it is spelled, a character for each byte. */
  #token = '';
  #found = false;
  /** How many tokens of the pointer led somewhere. */
  #followed = 0;
  /** Names beside the one that is looked for where the pointer leads no further, the first few. */
  #names: string[] = [];
  #isAmbiguous = false;

  /** @param nonfinite option `nonfinite`: what is around the records is not stored, but it has to be valid too */
  constructor(
    pointer: Places,
    file: string,
    depthMax: number,
    nonfinite: ScanOptions['nonfinite'] = 'reject',
    expected?: Container['framing'],
  ) {
    this.#pointer = pointer;
    this.#file = file;
    this.#depthMax = depthMax;
    this.#acceptsNonfinite = nonfinite !== 'reject';
    this.#expected = expected;
    this.isWildcard = !isOnePlace(pointer);
  }

  /** The misfits met since the last call. Without a wildcard they are errors. */
  takeMisfits(): readonly Misfit[] {
    return this.#misfits.splice(0);
  }

  /** Whether a name on the way to the container occurs twice in its object; the first one was followed. */
  get isAmbiguous(): boolean {
    return this.#isAmbiguous;
  }

  /**
   * Walks over `bytes`, which stand at `offset` of the file; returns the container when its bracket is met.
   * @throws SOURCE_NOT_JSON, SELECT_NOT_CONTAINER
   */
  walk(bytes: Uint8Array, offset: number): Container | undefined {
    for (let i = 0; i < bytes.byteLength; i++) {
      const container = this.#step(bytes[i]!, offset + i);
      if (container) return container;
    }
    return undefined;
  }

  /** As `walk`, but it stops where the document ends, because others may follow. It returns the offset there. */
  walkOne(bytes: Uint8Array, offset: number): Container | number | undefined {
    for (let i = 0; i < bytes.byteLength; i++) {
      const c = bytes[i]!;
      if (this.#state === 'scalar' && this.#levels.length === 0 && endsScalar[c] === 1) {
        this.#endScalar(offset + i);
        return offset + i;
      }
      const container = this.#step(c, offset + i);
      if (container) return container;
      if (this.#state === 'done') return offset + i + 1;
    }
    return undefined;
  }

  /** Call it when other code has read the container: `walk` then continues right after its closing bracket. */
  leaveContainer(): void {
    this.#found = true;
    this.#levels.pop();
    this.#state = this.#levels.length === 0 ? 'done' : 'after value';
  }

  /** The source has ended. @throws SOURCE_TRUNCATED, SELECT_NOT_FOUND */
  finish(offset: number): void {
    if (this.#state === 'scalar') this.#endScalar(offset);
    if (this.#state !== 'done') {
      throw endsInside(this.#file, offset);
    }
    if (this.#found) return;
    throw nothingThere(this.#file, this.#pointer, this.#followed, this.#names);
  }

  #step(c: number, at: number): Container | undefined {
    if (this.#state === 'string') return this.#inString(c, at);
    if (this.#state === 'scalar') {
      if (!BLANKS.has(c) && c !== 0x2c && c !== 0x5d && c !== 0x7d) {
        this.#token += String.fromCharCode(c);
        if (this.#token.length > TOKEN_BYTES_MAX) throw this.#bad(at, 'a token that is too long');
        return undefined;
      }
      this.#endScalar(at);
    }
    if (BLANKS.has(c)) return undefined;
    switch (this.#state) {
      case 'value or close':
        if (c === 0x5d) return this.#close(true, at);
        return this.#value(c, at);
      case 'value':
        return this.#value(c, at);
      case 'name or close':
        if (c === 0x7d) return this.#close(false, at);
        return this.#name(c, at);
      case 'name':
        return this.#name(c, at);
      case 'colon':
        if (c !== 0x3a) throw this.#bad(at, 'a colon was expected');
        this.#state = 'value';
        return undefined;
      case 'after value': {
        const level = this.#levels.at(-1)!;
        if (c === 0x2c) {
          this.#state = level.isArray ? 'value' : 'name';
          return undefined;
        }
        if (c === (level.isArray ? 0x5d : 0x7d)) return this.#close(level.isArray, at);
        throw this.#bad(at, 'a comma or closing bracket was expected');
      }
      default:
        throw trailingBytes(this.#file, at);
    }
  }

  #value(c: number, at: number): Container | undefined {
    const level = this.#levels.at(-1);
    if (level?.isArray) {
      const place = this.#pointer[this.#levels.length - 1];
      this.#onPath = level.isOnPath && (place === null || place === String(level.elements));
      level.elements++;
    }
    if (this.#onPath && this.#levels.length > this.#followed) {
      this.#followed = this.#levels.length;
      this.#names = [];
    }
    const isAsked = this.isWildcard || !this.#found;
    const isTarget = this.#onPath && this.#levels.length === this.#pointer.length && isAsked;
    if (isTarget && this.isWildcard) this.#found = true;
    if (c === 0x5b || c === 0x7b) {
      if (this.#levels.length >= this.#depthMax) throw this.#bad(at, 'nested deeper than the limit');
      const isArray = c === 0x5b;
      this.#levels.push({ isArray, isOnPath: this.#onPath, elements: 0, isMatched: false });
      this.#state = isArray ? 'value or close' : 'name or close';
      if (!isTarget) return undefined;
      const framing = isArray ? 'array' : 'object';
      if (!this.isWildcard || (this.#expected ?? framing) === framing) return { framing, from: at + 1 };
      this.#misfitFrom = at;
      return undefined;
    }
    if (isTarget && this.isWildcard) this.#misfitFrom = at;
    else if (isTarget) {
      throw noContainer(this.#file, this.#pointer, at);
    }
    if (c === QUOTE) {
      this.#isName = false;
      this.#state = 'string';
      this.#characters.begin();
    } else {
      this.#state = 'scalar';
      this.#token = String.fromCharCode(c);
    }
    return undefined;
  }

  #name(c: number, at: number): undefined {
    if (c !== QUOTE) throw this.#bad(at, 'a member name was expected');
    this.#isName = true;
    this.#levels.at(-1)!.elements++;
    this.#token = '"';
    this.#state = 'string';
    this.#characters.begin();
  }

  #inString(c: number, at: number): undefined {
    const isCollected = this.#isName && this.#levels.at(-1)?.isOnPath && this.#token.length < TOKEN_BYTES_MAX;
    if (isCollected) this.#token += String.fromCharCode(c);
    const verdict = this.#characters.next(c);
    if (verdict === 'bad') throw this.#bad(at, 'not a valid character of a string');
    if (verdict === 'inside') return;
    if (!this.#isName) return this.#ended(at + 1);
    this.#onPath = isCollected === true && this.#isNextToken();
    this.#state = 'colon';
  }

  /** Whether the name at hand is the pointer's next token. */
  #isNextToken(): boolean {
    const depth = this.#levels.length - 1;
    if (this.#pointer[depth] === null) return true;
    const name = nameOf(this.#token);
    if (name !== this.#pointer[depth]) {
      const isNews = this.#names.length < NAMES_SHOWN && !this.#names.includes(name);
      if (depth === this.#followed && isNews) this.#names.push(name);
      return false;
    }
    const level = this.#levels.at(-1)!;
    const isRepeated = level.isMatched;
    if (isRepeated) this.#isAmbiguous = true;
    level.isMatched = true;
    // Without a wildcard, the first one that leads to a container is followed.
    return !(isRepeated && this.isWildcard);
  }

  #endScalar(at: number): void {
    if (!isScalar(this.#token, this.#acceptsNonfinite)) throw this.#bad(at - this.#token.length, 'not a valid value');
    this.#ended(at);
  }

  /** A value has ended. */
  #ended(at: number): undefined {
    const depth = this.#levels.length;
    this.#state = depth === 0 ? 'done' : 'after value';
    if (this.#misfitFrom === NO_MISFIT || depth !== this.#pointer.length) return;
    this.#misfits.push({ from: this.#misfitFrom, to: at });
    this.#misfitFrom = NO_MISFIT;
  }

  #close(isArray: boolean, at: number): undefined {
    const level = this.#levels.pop();
    if (level?.isArray !== isArray) throw this.#bad(at, 'a bracket that closes nothing');
    // No place is missing where a wildcard stands for nothing.
    if (level.isOnPath && level.elements === 0 && this.#pointer[this.#levels.length] === null) this.#found = true;
    this.#ended(at + 1);
  }

  #bad(offset: number, what: string): GristmillError {
    return notJson(this.#file, offset, what);
  }
}

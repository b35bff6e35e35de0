// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What stands around the records: walks a document byte by byte to the array or object that a JSON Pointer names, and,
// when the records have been read, from that container's end to the end of the document. It validates all it passes
// (RFC 8259, UTF-8), remembers only the open brackets, and can stop at any byte and go on with the next buffer. It is the
// slow way (about 100 MB/s) and only ever sees what is outside the records. A file may have several such documents: then
// each is walked by a walker of its own. A document may have several containers, because there is a wildcard in the pointer
// or because there are several pointers: then the walker goes on to the next one. With a wildcard, it notes the places that
// have something else.

import type { GristmillError } from '../../base/errors.js';
import type { ScanOptions } from '../../kernel/contract.js';
import { endsScalar } from '../../kernel/plain/bytes.js';
import type { Places } from '../../keys/paths.js';
import { endsInside, noContainer, notJson, trailingBytes } from '../document/faults.js';
import { isScalar } from '../document/scalar.js';
import { Trail } from '../document/trail.js';
import { CharacterChecker } from './characters.js';

/** The container whose elements or members are the records. */
export interface Container {
  readonly layout: 'array' | 'object';
  /** Offset just after its opening bracket. */
  readonly from: number;
  /** Number of the pointer that names it. */
  readonly place: number;
}

type State =
  | 'value'
  | 'value or close'
  | 'name or close'
  | 'name'
  | 'colon'
  | 'after value'
  | 'between values'
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
  /** Elements or members begun; the index of the current element is one less. */
  elements: number;
}

const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);
const QUOTE = 0x22;
/** No token outside a string needs more, but for digits nobody writes; a name longer than this matches no pointer. */
const TOKEN_BYTES_MAX = 65_536;

const NO_MISFIT = -1;

export class DocumentWalker {
  readonly #trails: readonly Trail[];
  readonly #file: string;
  readonly #depthMax: number;
  readonly #acceptsNonfinite: boolean;
  /** With a wildcard: what the containers have to be. Undefined while none has been met. */
  readonly #expected: Container['layout'] | undefined;
  /** Whether a document may have several containers. */
  readonly isWildcard: boolean;
  readonly #misfits: Misfit[] = [];
  #misfitFrom = NO_MISFIT;
  #state: State = 'value';
  readonly #levels: Level[] = [];
  readonly #characters = new CharacterChecker();
  #isName = false;
  /** Whether the name at hand may be one of a pointer. */
  #isAsked = false;
  /** A token as it is spelled, a character for each byte. */
  #token = '';
  /** Number of the pointer whose container was met last. */
  #met = 0;

  /**
   * @param pointers one, or several without a wildcard; no place is inside another one
   * @param nonfinite option `nonfinite`: what is around the records is not stored, but it has to be valid too
   */
  constructor(
    pointers: readonly Places[],
    file: string,
    depthMax: number,
    nonfinite: ScanOptions['nonfinite'] = 'reject',
    expected?: Container['layout'],
  ) {
    this.#trails = pointers.map((pointer) => new Trail(pointer));
    this.#file = file;
    this.#depthMax = depthMax;
    this.#acceptsNonfinite = nonfinite !== 'reject';
    this.#expected = expected;
    this.isWildcard = this.#trails.some((trail) => trail.isWildcard);
  }

  /** The misfits met since the last call. Without a wildcard they are errors. */
  takeMisfits(): readonly Misfit[] {
    return this.#misfits.splice(0);
  }

  /** Whether a name on the way to the container occurs twice in its object; the first one was followed. */
  isAmbiguous(place = 0): boolean {
    return this.#trails[place]!.isAmbiguous;
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
    this.#trails[this.#met]!.isFound = true;
    const { elements } = this.#levels.pop()!;
    for (const trail of this.#trails) trail.close(elements);
    this.#state = this.#levels.length === 0 ? 'done' : 'after value';
  }

  /**
   * Call it when nobody wants more records of the container: `walk` then continues inside it.
   * @param isBegun whether it continues after a record, or after the comma that follows the record
   */
  stayInContainer(isBegun: boolean): void {
    this.#trails[this.#met]!.isFound = true;
    if (isBegun) this.#state = 'between values';
  }

  /** The source has ended. @throws SOURCE_TRUNCATED, SELECT_NOT_FOUND */
  finish(offset: number): void {
    if (this.#state === 'scalar') this.#endScalar(offset);
    if (this.#state !== 'done') {
      throw endsInside(this.#file, offset);
    }
    for (const trail of this.#trails) trail.finish(this.#file);
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
      case 'between values': {
        const { isArray } = this.#levels.at(-1)!;
        if (c !== 0x2c) this.#state = isArray ? 'value or close' : 'name or close';
        else this.#state = isArray ? 'value' : 'name';
        return c === 0x2c ? undefined : this.#step(c, at);
      }
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
      for (const trail of this.#trails) trail.element(level.elements);
      level.elements++;
    }
    const target = this.#target();
    if (c === 0x5b || c === 0x7b) {
      if (this.#levels.length >= this.#depthMax) throw this.#bad(at, 'nested deeper than the limit');
      const isArray = c === 0x5b;
      this.#levels.push({ isArray, elements: 0 });
      for (const trail of this.#trails) trail.open();
      this.#state = isArray ? 'value or close' : 'name or close';
      if (target === undefined) return undefined;
      this.#met = target;
      const layout = isArray ? 'array' : 'object';
      if (!this.isWildcard || (this.#expected ?? layout) === layout) return { layout, from: at + 1, place: target };
      this.#misfitFrom = at;
      return undefined;
    }
    if (target !== undefined && !this.isWildcard) throw noContainer(this.#file, this.#trails[target]!.places, at);
    if (target !== undefined) this.#misfitFrom = at;
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

  /** Number of the pointer that names the value at hand, which begins. */
  #target(): number | undefined {
    let target: number | undefined;
    for (let i = 0; i < this.#trails.length; i++) if (this.#trails[i]!.begin()) target = i;
    return target;
  }

  #name(c: number, at: number): undefined {
    if (c !== QUOTE) throw this.#bad(at, 'a member name was expected');
    this.#isName = true;
    this.#isAsked = this.#trails.some((trail) => trail.leadsOn);
    this.#levels.at(-1)!.elements++;
    this.#token = '"';
    this.#state = 'string';
    this.#characters.begin();
  }

  #inString(c: number, at: number): undefined {
    const isCollected = this.#isName && this.#isAsked && this.#token.length < TOKEN_BYTES_MAX;
    if (isCollected) this.#token += String.fromCharCode(c);
    const verdict = this.#characters.next(c);
    if (verdict === 'bad') throw this.#bad(at, 'not a valid character of a string');
    if (verdict === 'inside') return;
    if (!this.#isName) return this.#ended(at + 1);
    for (const trail of this.#trails) trail.name(isCollected ? this.#token : undefined);
    this.#state = 'colon';
  }

  #endScalar(at: number): void {
    if (!isScalar(this.#token, this.#acceptsNonfinite)) throw this.#bad(at - this.#token.length, 'not a valid value');
    this.#ended(at);
  }

  /** A value has ended. */
  #ended(at: number): undefined {
    const depth = this.#levels.length;
    this.#state = depth === 0 ? 'done' : 'after value';
    if (this.#misfitFrom === NO_MISFIT || depth !== this.#trails[0]!.places.length) return;
    this.#misfits.push({ from: this.#misfitFrom, to: at });
    this.#misfitFrom = NO_MISFIT;
  }

  #close(isArray: boolean, at: number): undefined {
    const level = this.#levels.pop();
    if (level?.isArray !== isArray) throw this.#bad(at, 'a bracket that closes nothing');
    for (const trail of this.#trails) trail.close(level.elements);
    this.#ended(at + 1);
  }

  #bad(offset: number, what: string): GristmillError {
    return notJson(this.#file, offset, what);
  }
}

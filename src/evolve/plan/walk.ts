// record > [walk] > record
//
// One pass over the text of a record: all between two places where the plan changes something is copied at once. If a record is not as
// the plan needs it (a name is taken, a moved value has no place, a value is refused), the walk gives up, and the interpreter says
// why, or finds that all is well.

import { RECORD_BYTES_MAX } from '../../base/limits.js';
import { noEnd, stringOf } from '../../keys/json-scan.js';
import { Refusal } from '../failure.js';
import { type Coded, CodedBytes, valueEndIn, withCodes } from '../text/codes.js';
import type { AppendedPlan, MemberPlan, ObjectPlan } from './object-plan.js';

const COMMA = ','.charCodeAt(0);
const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const OPEN_OBJECT = '{'.charCodeAt(0);
const CLOSE_OBJECT = '}'.charCodeAt(0);

/** No kept values. */
const NONE: (string | null | undefined)[] = [];
/** Thrown for a record that is left to the interpreter. */
const UNEXPECTED = Symbol('a record that the walk gives up');

/** @param keptMax how many values are moved from one object to another @returns undefined if the walk gives up */
export function walked(text: string, plan: ObjectPlan, keptMax: number): string | undefined {
  if (text.charCodeAt(0) !== OPEN_OBJECT) return text;
  try {
    return withCodes(text, (coded) => new Walk(coded, keptMax, true).record(plan));
  } catch (error) {
    return givenUp(error);
  }
}

/** The same walk without the newer text. @param line the text in UTF-8 @returns false if the walk gives up */
export function passes(line: Buffer, plan: ObjectPlan, keptMax: number): boolean {
  if (line[0] !== OPEN_OBJECT) return true;
  try {
    const added = new Walk(new CodedBytes(line), keptMax, false).record(plan);
    return line.length + added.length <= RECORD_BYTES_MAX;
  } catch (error) {
    return givenUp(error) ?? false;
  }
}

/** @throws an error of another kind */
function givenUp(error: unknown): undefined {
  if (error === UNEXPECTED || error instanceof Refusal) return undefined;
  throw error;
}

/** An end of an object to which kept values belong. Where they are is known at the end of the record. */
interface OpenEnd {
  /** The text up to there, from the open end before. */
  readonly text: string;
  readonly appended: readonly AppendedPlan[];
  readonly isEmpty: boolean;
}

class Walk {
  readonly #text: Coded;
  /** Values on their way to another object. Null: it has arrived. */
  readonly #kept: (string | null | undefined)[];
  readonly #openEnds: OpenEnd[] = [];
  /** The newer text so far. What follows in the older text from `#copied` on belongs to it, until something else is done. */
  #out = '';
  #copied = 0;
  /** Whether what belongs to it is copied. Otherwise it is only what is new in it. */
  #copies: boolean;
  #at = 0;

  constructor(text: Coded, keptMax: number, copies: boolean) {
    this.#text = text;
    this.#copies = copies;
    this.#kept = keptMax === 0 ? NONE : Array.from({ length: keptMax });
  }

  record(plan: ObjectPlan): string {
    this.#object(plan);
    if (this.#at !== this.#text.length) noEnd();
    this.#copyTo(this.#at);
    if (this.#openEnds.length === 0) {
      this.#checkArrived();
      return this.#out;
    }
    let text = '';
    for (const end of this.#openEnds) text += end.text + this.#arrivals(end.appended, end.isEmpty);
    this.#checkArrived();
    return text + this.#out;
  }

  #checkArrived(): void {
    for (const value of this.#kept) if (typeof value === 'string') throw UNEXPECTED;
  }

  /** Copies all up to a place. */
  #copyTo(end: number): void {
    if (this.#copied < end && this.#copies) this.#out += this.#text.slice(this.#copied, end);
    this.#copied = end;
  }

  /** Walks over the object that begins here. */
  #object(plan: ObjectPlan): void {
    const text = this.#text;
    const { codes, length } = text;
    /** Whether no member has been kept so far. */
    let isEmpty = true;
    for (let at = this.#at + 1; at < length; ) {
      const code = codes[at]!;
      if (code === CLOSE_OBJECT) {
        if (plan.appended.length > 0) this.#end(plan, at, isEmpty);
        this.#at = at + 1;
        return;
      }
      const comma = at;
      if (code === COMMA) at++;
      let colon = at + 1;
      let hasEscape = false;
      for (let letter = codes[colon]; letter !== QUOTE; letter = codes[++colon]) {
        if (letter === undefined) noEnd();
        if (letter !== BACKSLASH) continue;
        hasEscape = true;
        colon++;
      }
      colon++;
      const member = hasEscape ? plan.members.get(stringOf(text.slice(at, colon))) : memberOf(plan, text, at, colon);
      if (member?.isForbidden) throw UNEXPECTED;
      this.#at = colon + 1;
      if (member?.isDropped) {
        this.#copyTo(comma);
        this.#drop(member);
      } else {
        // All members before it were dropped: without the comma.
        if (isEmpty && at !== comma) this.#copied = at;
        isEmpty = false;
        if (member === undefined) this.#at = valueEndIn(codes, text, colon + 1);
        else this.#keep(member, at);
      }
      at = this.#at;
    }
    noEnd();
  }

  /** Renames a member that begins at a place, and changes its value. */
  #keep(member: MemberPlan, at: number): void {
    if (member.spelled !== undefined) {
      this.#copyTo(at);
      this.#out += member.spelled;
      this.#copied = this.#at;
    }
    if (member.changes.length === 0) {
      this.#inner(member);
      return;
    }
    this.#copyTo(this.#at);
    this.#out += this.#changed(member);
  }

  /** Walks over a value with what happens within it. */
  #inner({ within }: MemberPlan): void {
    if (within !== undefined && this.#text.codes[this.#at] === OPEN_OBJECT) this.#object(within);
    else this.#at = valueEndIn(this.#text.codes, this.#text, this.#at);
  }

  /** What becomes of a value; it is not part of the newer text yet. */
  #changed(member: MemberPlan): string {
    const [before, copies] = [this.#out, this.#copies];
    this.#out = '';
    // A value that is only dropped is not wanted.
    this.#copies = member.changes.length > 0 || member.kept !== -1;
    this.#copied = this.#at;
    this.#inner(member);
    this.#copyTo(this.#at);
    let value = this.#out;
    this.#out = before;
    this.#copies = copies;
    for (const change of member.changes) value = change(value);
    return value;
  }

  #drop(member: MemberPlan): void {
    // Also of a value that is dropped, so that it is refused if an operation before refuses it.
    const value = this.#changed(member);
    if (member.kept === -1) return;
    // A second value: the member is repeated.
    if (this.#kept[member.kept] !== undefined) throw UNEXPECTED;
    this.#kept[member.kept] = value;
  }

  /** Members for the end of an object, whose brace is at a place. */
  #end({ appended, hasArrivals }: ObjectPlan, brace: number, isEmpty: boolean): void {
    this.#copyTo(brace);
    if (hasArrivals) {
      this.#openEnds.push({ text: this.#out, appended, isEmpty });
      this.#out = '';
      return;
    }
    for (const { spelled, constant } of appended) {
      this.#out += (isEmpty ? '' : ',') + spelled + constant;
      isEmpty = false;
    }
  }

  #arrivals(appended: readonly AppendedPlan[], isEmpty: boolean): string {
    let text = '';
    for (const { spelled, constant, kept } of appended) {
      const value = kept === -1 ? constant : this.#kept[kept];
      if (value === undefined) continue;
      // A second place: the object is repeated.
      if (value === null) throw UNEXPECTED;
      if (kept !== -1) this.#kept[kept] = null;
      if (spelled === undefined) continue;
      text += (isEmpty && text === '' ? '' : ',') + spelled + value;
    }
    return text;
  }
}

/** The plan of a member whose name has no escapes. */
function memberOf(plan: ObjectPlan, text: Coded, at: number, colon: number): MemberPlan | undefined {
  return plan.mayName(colon - at - 2, text.codes[at + 1]!)
    ? plan.members.get(text.slice(at + 1, colon - 1))
    : undefined;
}

// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// An Elasticsearch bulk file: a line with an action, and for most actions a line with a record. It becomes one JSON object
// whose members are the records, named by `_id`. A deletion is a member with the value null, which no record is: the scan
// notes its place (scan/deletions.ts), and the publication removes it with what it has replaced. With option `key`, the
// records become lines.

import { GristmillError } from '../../base/errors.js';
import { shownText, snippetOf } from '../../base/snippet.js';
import { NEWLINE, OPEN_OBJECT, skipBlanks } from '../../kernel/plain/bytes.js';
import { type Action, actionOf } from './bulk-action.js';
import { Converter, type ConverterFacts } from './converter.js';

export class BulkConverter extends Converter {
  readonly #isKeyed: boolean;
  #hasBegun = false;
  #records = 0;
  /** The line at hand, from 1. */
  #line = 1;
  /** The index that the first action names. */
  #index: string | undefined;

  constructor(facts: ConverterFacts) {
    super(facts);
    this.#isKeyed = facts.isKeyed;
  }

  protected override recordBegins(): string {
    return `an action is on line ${this.#line}`;
  }

  protected override convert(bytes: Uint8Array, isEnd: boolean): number {
    if (!this.#hasBegun && !this.#isKeyed) this.text.ascii('{');
    this.#hasBegun = true;
    let at = 0;
    while (at < bytes.byteLength) {
      const next = this.#pair(bytes, at, isEnd);
      if (next === -1) break;
      at = next;
    }
    if (isEnd && !this.#isKeyed) this.text.ascii('\n}\n');
    return at;
  }

  /** Converts an action with its record. @returns where the next one begins; -1 if this one does not end here */
  #pair(bytes: Uint8Array, start: number, isEnd: boolean): number {
    const actionEnd = lineEnd(bytes, start, isEnd);
    if (actionEnd === -1) return -1;
    const first = skipBlanks(bytes, start, actionEnd);
    if (first === actionEnd) {
      this.#line++;
      return actionEnd;
    }
    const action = actionOf(bytes.subarray(first, actionEnd));
    if (action === undefined) throw this.#noAction(bytes, first);
    if (action.kind === 'delete') {
      this.#take(action, bytes, start, actionEnd, actionEnd);
      this.#line++;
      return actionEnd;
    }
    if (actionEnd === bytes.byteLength && !isEnd) return -1;
    const end = actionEnd === bytes.byteLength ? actionEnd : lineEnd(bytes, actionEnd, isEnd);
    if (end === -1) return -1;
    this.#take(action, bytes, start, actionEnd, end);
    this.#line += end === actionEnd ? 1 : 2;
    return end;
  }

  /** Writes a record, a deletion, or the mark of what cannot be imported. */
  #take(action: Action, bytes: Uint8Array, start: number, from: number, to: number): void {
    const { text } = this;
    if (!this.#isKeyed) text.ascii(this.#records === 0 ? '\n' : ',\n');
    this.#records++;
    const record = bytes.subarray(from, to);
    const why = this.#faultOf(action, record);
    if (why !== undefined) {
      const raw = bytes.subarray(start, bytes[to - 1] === NEWLINE ? to - 1 : to);
      this.mark({ reason: 'BAD_ACTION', why, offset: this.offset + start, line: this.#line, raw });
    } else {
      if (!this.#isKeyed) text.utf8(`${JSON.stringify(action.id)}:`);
      if (action.kind === 'delete') text.ascii('null');
      else text.raw(record, 0, bytes[to - 1] === NEWLINE ? record.byteLength - 1 : record.byteLength);
    }
    if (this.#isKeyed) text.byte(NEWLINE);
  }

  /** Why an action cannot be imported: the end of a sentence. Undefined if it can. */
  #faultOf({ kind, id, index }: Action, record: Uint8Array): string | undefined {
    if (kind === 'update') return 'an update changes a part of a record, and an import stores whole records';
    if (index !== undefined) {
      this.#index ??= index;
      if (index !== this.#index) {
        return `the action is for the index ${shownText(() => JSON.stringify(index))}, and the first one is for ${shownText(() => JSON.stringify(this.#index))}. Import each index into a collection of its own`;
      }
    }
    if (kind === 'delete' && this.#isKeyed) {
      return 'a deletion has no record, so it has no value at the path of option key. Leave out option key: then _id is the key';
    }
    if (id === undefined && !this.#isKeyed) {
      return 'the action has no _id, which would be the key of the record. If the records have a key inside, give option key';
    }
    return kind === 'delete' ? undefined : faultOfRecord(record);
  }

  #noAction(bytes: Uint8Array, at: number): GristmillError {
    const offset = this.offset + at;
    const snippet = snippetOf(bytes.subarray(at), 0);
    const message = `Line ${this.#line} of ${this.path} is not an action of an Elasticsearch bulk file (index, create, update or delete), at byte ${offset}: ${snippet}. After it, gristmill cannot know which lines are actions and which are records. Correct the file.`;
    return new GristmillError('SOURCE_NOT_JSON', message, { file: this.path, offset, line: this.#line, snippet });
  }
}

/** One past the newline of the line that begins here; -1 if it does not end in the bytes at hand. */
function lineEnd(bytes: Uint8Array, from: number, isEnd: boolean): number {
  const newline = bytes.indexOf(NEWLINE, from);
  if (newline !== -1) return newline + 1;
  return isEnd ? bytes.byteLength : -1;
}

/** Why a line is no record. A member with a fault could hide those after it, so each is parsed here. */
function faultOfRecord(line: Uint8Array): string | undefined {
  const first = skipBlanks(line, 0, line.byteLength);
  if (first === line.byteLength) return 'the line with the record is missing';
  if (line[first] !== OPEN_OBJECT) return 'the line after the action is not a JSON object';
  try {
    JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8'));
    return undefined;
  } catch {
    return 'the record is not valid JSON';
  }
}

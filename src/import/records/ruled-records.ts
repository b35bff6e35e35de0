// source > plan > map > [scan > key] > frame > shard > verify > merge > publish
//
// Records of an import whose options decide which of them are stored, and what of them. The kernel asks about each record that
// it has read (`held`). A record that is taken as it is never leaves the kernel. If only members go, the kernel has its keys
// already. Only records that a user's function has made are read again, by the plain twin.

import { FRAME_BYTES } from '../../base/limits.js';
import { MigrationFailure } from '../../evolve/failure.js';
import type { BadReasonName, ScannedRecord } from '../../kernel/contract.js';
import { BadReason } from '../../kernel/contract.js';
import { skipBlanks } from '../../kernel/plain/bytes.js';
import { captureKeys } from '../../kernel/plain/capture.js';
import { readRecord } from '../../kernel/plain/kernel.js';
import { lineOf, tokenEnd } from '../../kernel/plain/tokens.js';
import type { SimdKernel } from '../../kernel/simd/kernel.js';
import type { BadOutcome, GoodOutcome, HeldRecord } from '../../kernel/simd/scanner.js';
import { lineWith, placeIn } from '../rules/line.js';
import { type RecordPlace, RecordRules, type RuleTexts } from '../rules/rules.js';
import { TransformFault } from '../rules/transform.js';
import { violationText } from '../rules/validate.js';
import type { SpanTask } from '../tasks/span.js';
import { namedRecord } from './given-name.js';

/** Where records and what is about them go. */
interface Sink {
  readonly kernel: SimdKernel;
  takeFrame(): true;
  takeEntries(): void;
  /** A good record was not stored. */
  passed(): void;
  /** Whether null stands for the deletion of a record (format/deletions.ts). */
  readonly hasDeletions: boolean;
}

const NO_RULES: RuleTexts = { where: [], pick: [], omit: [], migrations: [], schemas: [] };

const DELETION = 'null';

/** Why a record is bad after all. */
type Fault = Pick<BadOutcome, 'reason' | 'detail' | 'violation'>;

export class RuledRecords {
  /** Good records of which nothing is stored. */
  filtered = 0;
  /** Records that are stored in addition to one for each record of the source, and the ordinals of these. */
  added = 0;
  readonly addedAt: number[] = [];
  readonly #sink: Sink;
  readonly #task: SpanTask;
  readonly #rules: RecordRules;
  readonly #limit: number;
  /** Of the record that the kernel has been told to doubt. */
  #fault: Fault | undefined;

  constructor(task: SpanTask, sink: Sink) {
    const { rules = NO_RULES } = task.setup;
    this.#sink = sink;
    this.#task = task;
    this.#rules = new RecordRules(rules);
    this.#limit = rules.limit ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the span stores no more records (option `limit`). */
  get isFull(): boolean {
    return this.#sink.kernel.scanner.ordinal >= this.#limit;
  }

  /** Decides about a record that the kernel has read. @returns whether the scan continues */
  held(record: HeldRecord): boolean {
    if (this.isFull) return false;
    const { scanner, window } = this.#sink.kernel;
    const { bytes } = window;
    if (!this.#rules.takes(bytes, record)) {
      this.#pass();
      scanner.drop();
      return true;
    }
    const { name } = record;
    const made = this.#made(bytes, record, name === 0 ? undefined : bytes.slice(name, tokenEnd(bytes, name)));
    if (made === undefined) {
      const changed = this.#rules.changed(bytes, record);
      const fault = this.#violation(changed ?? bytes.subarray(record.start, record.end));
      if (fault !== undefined) this.#doubt(fault);
      else if (changed === undefined) scanner.keep();
      else scanner.replace(lineWith(bytes, record, changed));
    } else if ('reason' in made) {
      this.#doubt(made);
    } else {
      this.#add(made);
      scanner.drop();
    }
    return true;
  }

  /** The twin knows where the record ends and what follows it. */
  #doubt(fault: Fault): void {
    this.#fault = fault;
    this.#sink.kernel.scanner.doubt();
  }

  /** @param text of the record as it is stored */
  #violation(text: Uint8Array): Fault | undefined {
    if (!this.#rules.hasSchema) return undefined;
    const { buffer, byteOffset, byteLength } = text;
    const record = Buffer.from(buffer, byteOffset, byteLength).toString();
    if (record === DELETION && this.#sink.hasDeletions) return undefined;
    const violation = this.#rules.violation(record);
    if (violation === undefined) return undefined;
    const { pointer, keyword } = violation;
    return { reason: 'SCHEMA_VIOLATION', detail: violationText(violation), violation: { pointer, keyword } };
  }

  /**
   * Decides about a record that the plain twin has read, and continues after it.
   * @param given the name that the record is given
   * @returns the record as a bad one, if it is bad after all: where there are rules, its keys are looked at last
   */
  settle(outcome: GoodOutcome, given?: string): BadOutcome | undefined {
    const { scanner, window } = this.#sink.kernel;
    const records = this.#settled(outcome, given);
    if ('reason' in records) {
      const { start, end } = outcome.record;
      // A separator (RFC 7464) is no part of a value, but a name is one of a member.
      const first = scanner.layout === 'values' ? start : skipBlanks(window.bytes, window.pos, end);
      const { next, afterComma } = outcome;
      return { kind: 'bad', ...records, offset: first, start: first, end, next, afterComma };
    }
    scanner.resume(outcome);
    if (records.length === 0) this.#pass();
    else this.#add(records);
    return undefined;
  }

  #settled({ record: { line } }: GoodOutcome, given?: string): readonly ScannedRecord[] | Fault {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) return fault;
    // The twin's line is strict JSON; what the source has there may be spelled otherwise.
    const bytes = Buffer.from(line);
    const place = placeIn(bytes, this.#sink.kernel.scanner.layout === 'object');
    const own = place.name === 0 ? undefined : { start: place.name, end: tokenEnd(bytes, place.name) };
    if (!this.#rules.takes(bytes, place)) return [];
    const name = given === undefined ? own && bytes.slice(own.start, own.end) : Buffer.from(JSON.stringify(given));
    const made = this.#made(bytes, place, name);
    if (made !== undefined) return made;
    // Without its keys, a member is never left out: the options are checked for that.
    const keys = captureKeys(bytes, place, own, { ...this.#task.setup.scan, layout: this.#task.recordLayout });
    if (typeof keys === 'string') return { reason: keys };
    const changed = this.#rules.changed(bytes, place);
    const violation = this.#violation(changed ?? bytes.subarray(place.start, place.end));
    if (violation !== undefined) return violation;
    const record = { line: changed ? lineWith(bytes, place, changed).subarray(0, -1).toString() : line, keys };
    return [given === undefined ? record : namedRecord(record, given, this.#task.setup.scan)];
  }

  /** The records that the user's function, and migrations, make of a record. Undefined: it is stored as it is. */
  #made(
    bytes: Uint8Array,
    { start, end }: RecordPlace,
    name?: Uint8Array,
  ): readonly ScannedRecord[] | Fault | undefined {
    if (!this.#rules.makesOthers) return undefined;
    const records: ScannedRecord[] = [];
    try {
      const texts = this.#rules.made(lineOf(bytes, start, end));
      if (texts === undefined) return undefined;
      if (name !== undefined && texts.length > 1) {
        throw new TransformFault(
          `option transform gave ${texts.length} records, but only one can have the name of the record`,
        );
      }
      for (const text of texts) {
        records.push(this.#read(text, name));
        const violation = this.#violation(text);
        if (violation !== undefined) return violation;
      }
    } catch (error) {
      if (error instanceof BadOutput) return { reason: error.reason, detail: error.message };
      if (error instanceof MigrationFailure) return { reason: 'MIGRATION_FAILED', detail: error.message };
      if (!(error instanceof TransformFault)) throw error;
      return { reason: 'TRANSFORM_FAILED', detail: error.message };
    }
    return records;
  }

  /** A record that the user's function, or a migration, has made, with its keys. @throws BadOutput */
  #read(text: Uint8Array, name: Uint8Array | undefined): ScannedRecord {
    const { scan } = this.#task.setup;
    const layout = name === undefined ? 'values' : 'object';
    const bytes = name === undefined ? text : Buffer.concat([name, Buffer.from(':'), text, Buffer.from('}')]);
    const outcome = readRecord(bytes, 0, { ...scan, layout, asks: false }, true);
    if (outcome.kind === 'record') return outcome.record;
    const reason = outcome.kind === 'bad' ? outcome.reason : 'UNEXPECTED_END';
    const [what, failed] = this.#rules.hasTransform
      ? (['option transform', 'TRANSFORM_FAILED'] as const)
      : (['its migration', 'MIGRATION_FAILED'] as const);
    throw new BadOutput(reason === 'RECORD_TOO_LARGE' ? failed : reason, `after ${what}: ${BadReason[reason]}`);
  }

  #add(records: readonly ScannedRecord[]): void {
    const { entries, scanner } = this.#sink.kernel;
    let stored = 0;
    for (const { line, keys } of records) {
      if (this.isFull) break;
      if (stored++ > 0) this.addedAt.push(scanner.ordinal);
      entries.addKeys(this.#task.shard, keys, () => this.#sink.takeEntries());
      scanner.addLine(line);
      if (stored > 1 && scanner.frame().plain.byteLength >= FRAME_BYTES) this.#sink.takeFrame();
    }
    if (stored === 0) this.#pass();
    else this.added += stored - 1;
    // Numbers in names are those of the source's records.
    if (stored > 1) scanner.skipNumbers(1 - stored);
  }

  #pass(): void {
    this.filtered++;
    this.#sink.passed();
    this.#sink.kernel.scanner.skipNumbers(1);
  }
}

/** A record that a user's function, or a migration, has made is bad. */
class BadOutput extends Error {
  readonly reason: BadReasonName;

  constructor(reason: BadReasonName, text: string) {
    super(text);
    this.reason = reason;
  }
}

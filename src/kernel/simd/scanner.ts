// source > plan > map > [scan > key] > frame > shard > verify > merge > publish
//
// The scan seen from TypeScript: a span is begun, and one loop (`pump`) does what the kernel asks for until the span ends. What
// the kernel cannot or will not decide goes to the plain twin, so that every answer, down to the offset of an error, is the
// twin's. A client says where bytes come from and where frames, entries and records go; the scan knows nothing of entries.

import { RecordLayout, type ScanOptions } from '../contract.js';
import { SLASH, skipBlanks } from '../plain/bytes.js';
import { NOWHERE, type RecordOutcome, readRecord } from '../plain/kernel.js';
import { type BadRun, type BadStretch, readBadRun } from './bad-run.js';
import type { Exports } from './module.js';
import { KeyPaths } from './paths.js';
import type { Window } from './window.js';

/** What the kernel asks for; numbered as in assembly/contract.ts. */
export const Event = { MORE: 0, FRAME: 1, SPILL: 2, SUSPECT: 3, STOP: 4, END: 5, RECORD: 6 } as const;

/** What the kernel is answered about a record; numbered as in assembly/contract.ts. */
export const Verdict = { NONE: 0, KEEP: 1, REPLACE: 2, DROP: 3, DOUBT: 4 } as const;

/** What the twin says of a record; offsets are addresses. */
export type GoodOutcome = Extract<RecordOutcome, { readonly kind: 'record' }>;
export type BadOutcome = Extract<RecordOutcome, { readonly kind: 'bad' }>;

/** A record that the client is asked about. Addresses of its value, and of the name that its line has; 0: it has none. */
export interface HeldRecord {
  readonly name: number;
  readonly start: number;
  readonly end: number;
}

/** What a scan asks of the one who runs it. All but `spill` return whether the scan is to go on. */
export interface ScanClient {
  /** Loads more bytes (Window.makeRoom, Window.loaded), if there are any. */
  fill(): boolean;
  /** The frame has its size: takes it (Scanner.frame, Scanner.frameTaken). */
  frame(): boolean;
  /** The entry heap is full: takes the entries. */
  spill(): void;
  /** The twin accepted a record: adds its keys, then its line (Scanner.accept). */
  record(outcome: GoodOutcome): boolean;
  /** The twin refused a record: resumes behind it (Scanner.resume). */
  bad(outcome: BadOutcome): boolean;
  /** With option `asks`, a record that the kernel accepted: says what becomes of it (Scanner.keep, drop, replace). */
  held?(record: HeldRecord): boolean;
}

/**
 * Why a scan is not going on. `pos` is where it stands.
 *
 *   end        the container was closed (`pos` is behind its bracket), or the source ended
 *   stop       `pos` is the first boundary at or after the end of the span
 *   truncated  the source ended before its container did
 *   halted     the client did not want to go on; pumping again goes on
 */
export type Ended = 'end' | 'stop' | 'truncated' | 'halted';

/** Where the scan goes on: an address, and whether a comma stands before it (layouts `array` and `object`). */
export type Onward = Pick<BadStretch, 'next' | 'afterComma'>;

/** The name that all records of a source are given; its encoded key must not be longer than keys may be. */
export interface GivenName {
  readonly text: string;
  /** Whether `#` and the number of the record in its source are put behind it. */
  readonly isNumbered: boolean;
}

export class Scanner {
  readonly #raw: Exports;
  readonly #window: Window;
  readonly #depthMax: number;
  readonly #paths: KeyPaths;
  #options: ScanOptions | undefined;
  #stop = Number.MAX_SAFE_INTEGER;

  constructor(raw: Exports, window: Window, depthMax: number) {
    this.#raw = raw;
    this.#window = window;
    this.#depthMax = depthMax;
    this.#paths = new KeyPaths(raw, window);
  }

  /** Begins a span that stands at a boundary. */
  begin(options: ScanOptions, shard: number, frameBytes: number, afterComma: boolean): void {
    if (options.depthMax !== this.#depthMax)
      throw new RangeError(`this kernel was made for a depth of ${this.#depthMax}`);
    this.#options = options;
    this.#paths.give(options);
    const hasPrimary = options.primary === undefined ? 0 : 1;
    const layout = RecordLayout[options.layout];
    this.#raw.ask(options.asks ? 1 : 0);
    this.#hide(options.secrets);
    this.#raw.begin(layout, hasPrimary, options.recordBytesMax, frameBytes, shard, afterComma ? 1 : 0);
  }

  #hide(secrets: ScanOptions['secrets']): void {
    const raw = this.#raw;
    raw.hide(secrets === undefined ? 0 : 1);
    for (const [index, secret] of (secrets ?? []).entries()) {
      this.#window.bytes.set(secret, raw.out());
      raw.setSecret(index);
    }
  }

  /**
   * Goes on with the source that has been loaded since (Window.letGo), in the same span: lines, ordinals and entries stay. Its
   * records are named as given, `#` and the number of each behind it where they are numbered.
   */
  beginNext(layout: ScanOptions['layout'], recordBytesMax: number, name?: GivenName): void {
    this.#options = { ...(this.#options as ScanOptions), layout, recordBytesMax };
    const bytes = name && Buffer.from(JSON.stringify(name.text).slice(0, -1));
    if (bytes) this.#window.bytes.set(bytes, this.#raw.name());
    this.#raw.beginNext(RecordLayout[layout], recordBytesMax, bytes?.byteLength ?? 0, name?.isNumbered ? 1 : 0);
  }

  /** The scan stands at file offset `at`, with no bytes yet, and is to stop at the first boundary at or after `stop`. */
  standAt(at: number, stop: number): void {
    this.#stop = stop;
    this.#raw.standAt(at, stop);
  }

  /** Scans on until the span ends or the client does not want to go on. An event is a frame or a window, never a record. */
  pump(client: ScanClient): Ended {
    for (;;) {
      let goesOn = true;
      switch (this.#raw.next()) {
        case Event.MORE:
          goesOn = client.fill();
          break;
        case Event.FRAME:
          goesOn = client.frame();
          break;
        case Event.SPILL:
          client.spill();
          break;
        case Event.SUSPECT: {
          const outcome = this.#settle();
          if (outcome.kind === 'more') goesOn = client.fill();
          else if (outcome.kind === 'record') goesOn = client.record(outcome);
          else if (outcome.kind === 'bad') goesOn = client.bad(outcome);
          else if (outcome.kind === 'skipped') this.resume(outcome);
          else return this.#endAt(outcome.next);
          break;
        }
        case Event.RECORD:
          goesOn = client.held!(this.held!);
          break;
        case Event.STOP:
          return 'stop';
        case Event.END:
          return 'end';
        default:
          throw new Error('the kernel asks for something that the host does not know: a bug in gristmill');
      }
      if (!goesOn) return 'halted';
    }
  }

  /** The record that the client was asked about is stored as it is. */
  keep(): void {
    this.#raw.decide(Verdict.KEEP, 0);
  }

  /** It is passed. */
  drop(): void {
    this.#raw.decide(Verdict.DROP, 0);
  }

  /** It may be bad: the plain twin reads it again. */
  doubt(): void {
    this.#raw.decide(Verdict.DOUBT, 0);
  }

  /** Its keys are stored, with this line, newline included. Addresses change. */
  replace(line: Uint8Array): void {
    const at = this.#window.makeRoomForLine(line.byteLength);
    this.#window.bytes.set(line, at);
    this.#raw.decide(Verdict.REPLACE, line.byteLength);
  }

  /** The layout of the records under way. */
  get layout(): RecordLayout {
    return (this.#options as ScanOptions).layout;
  }

  /** Good records of the span so far: the ordinal of the next one. */
  get ordinal(): number {
    return this.#raw.ordinal();
  }

  /** The frame under way: its plain text, valid until the next call, and the records in it. */
  frame(): { readonly plain: Uint8Array; readonly records: number } {
    const raw = this.#raw;
    return { plain: this.#window.bytes.subarray(raw.frameStart(), raw.dst()), records: raw.frameRecords() };
  }

  /** The frame has been taken: the next one begins. */
  frameTaken(): void {
    this.#raw.frameTaken();
  }

  /** Writes the line of a record that the twin accepted, and goes on behind it. Its keys are added before. */
  accept(line: string, onward: Onward): void {
    this.resume(onward);
    this.addLine(line);
  }

  /** Goes on at another boundary. */
  resume({ next, afterComma }: Onward): void {
    this.#raw.resume(next, afterComma ? 1 : 0);
  }

  /** Writes a line, which counts as a record. Addresses change. */
  addLine(line: string): void {
    const text = Buffer.from(`${line}\n`);
    const at = this.#window.makeRoomForLine(text.byteLength);
    this.#window.bytes.set(text, at);
    this.#raw.lineAdded(text.byteLength);
  }

  /** Bad records that directly follow a bad one and begin before the file offset `stop`, at most `max`: bad-run.ts. */
  badRun(first: BadStretch, max: number, stop: number): BadRun {
    const { bytes, end } = this.#window;
    return readBadRun(bytes, end, this.#options as ScanOptions, first, max, this.#window.addressOf(stop));
  }

  /** So many records are counted elsewhere: the numbers in names go on behind them. */
  skipNumbers(count: number): void {
    this.#raw.skipNumbers(count);
  }

  /** Notes where `takeBack` goes back to. */
  mark(): void {
    this.#raw.mark();
  }

  /** Takes back lines and entries since `mark`; neither the frame nor the entries may have been taken meanwhile. */
  takeBack(): void {
    this.#raw.takeBack();
  }

  /** The record that the client is asked about, and has not yet answered. */
  get held(): HeldRecord | undefined {
    const raw = this.#raw;
    if (raw.isHeld() === 0) return undefined;
    return { name: raw.heldName(), start: raw.heldStart(), end: raw.heldEnd() };
  }

  /**
   * Asks the plain twin about the record at `pos`. Comments that follow one another are passed over at once: the kernel would
   * make tokens of eight kilobytes after each.
   */
  #settle(): RecordOutcome {
    const { end, pos, isAllLoaded } = this.#window;
    const bytes = this.#window.bytes.subarray(0, end);
    const read = (at: number, afterComma: boolean) =>
      readRecord(bytes, at, this.#options as ScanOptions, isAllLoaded, afterComma);
    const { layout } = this.#options as ScanOptions;
    const isWithoutCommas = layout === 'ndjson' || layout === 'values';
    let outcome = read(pos, this.#raw.afterComma() === 1);
    while (outcome.kind === 'skipped') {
      const next = skipBlanks(bytes, outcome.next, end);
      // Behind `stop` the kernel stops, but in a container not before the first comma.
      const mayStop = outcome.afterComma || isWithoutCommas;
      if (mayStop && this.#window.fileOffset(next) >= this.#stop) break;
      if (next === end || bytes[next] !== SLASH) break;
      const further = read(outcome.next, outcome.afterComma);
      if (further.kind !== 'skipped') break;
      outcome = further;
    }
    return outcome;
  }

  /** The twin found an end, where the kernel saw none: the container's closer, or NOWHERE. */
  #endAt(next: number): Ended {
    if (next === NOWHERE) return 'truncated';
    this.resume({ next, afterComma: false });
    return 'end';
  }
}

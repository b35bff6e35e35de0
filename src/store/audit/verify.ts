// store at rest: [audit]
//
// Verifies the chain: each entry is there, under its number, unchanged, and after the one that it was written after; the oldest
// one that is kept is the one that the last prune left; the newest one is the one that the head names.

import { setImmediate } from 'node:timers/promises';
import type { AuditHead } from '../audit-types.js';
import type { StorePlace } from '../files/blobs.js';
import type { CatalogRead } from '../types.js';
import { chainHash, decodeEntry, parseEntry } from './chain.js';
import type { AuditCheckpoint } from './checkpoint.js';
import type { AuditEntry } from './types.js';

const BATCH = 256;

/** What is wrong with the log, and where it begins. */
export interface AuditFault {
  /** The first entry that is not as it was written; that of the head, where the head is wrong. */
  readonly sequence: number;
  /** The fault as a sentence. */
  readonly message: string;
}

/** The result of `store.audit.verify`. */
export interface AuditVerifyReport {
  /** Whether there is no fault. */
  readonly isSound: boolean;
  /** The first fault. What comes after it cannot be trusted. */
  readonly fault?: AuditFault;
  /** Entries that were verified. */
  readonly entries: number;
  /** Sequence number of the oldest entry that is kept; 0: none. */
  readonly first: number;
  /** Sequence number of the newest entry; 0: none. */
  readonly last: number;
  /** Publications that have no entry: made by an older version of gristmill, or before there was a log. */
  readonly unlogged: number;
}

interface Verifying {
  readonly read: CatalogRead;
  readonly place: Pick<StorePlace, 'seal'>;
  /** Lets others have their turn, and throws to stop. */
  readonly pause?: (() => Promise<unknown>) | undefined;
  readonly since?: AuditCheckpoint | undefined;
}

/** Stops at the first fault. */
export async function verifyAudit({ read, place, pause = setImmediate, since }: Verifying): Promise<AuditVerifyReport> {
  let head: AuditHead | undefined;
  const nothing = { entries: 0, first: 0, last: 0, unlogged: 0 };
  try {
    head = read.auditHead();
  } catch (error) {
    return { isSound: false, fault: { sequence: 0, message: (error as Error).message }, ...nothing };
  }
  const generation = generationOf(read);
  if (head === undefined) {
    const [left] = read.auditValues(1, Number.MAX_SAFE_INTEGER - 1, 1);
    const message = left
      ? 'the log has entries, but its head is missing'
      : since && 'the store has no log, but the checkpoint says that it had one';
    const fault = message === undefined ? undefined : { sequence: left?.sequence ?? since!.sequence, message };
    return { isSound: fault === undefined, ...(fault && { fault }), ...nothing, unlogged: generation ?? 0 };
  }
  const walk = new Walk(read, head, place, since);
  const fault = (await walk.run(pause)) ?? walk.faultOfEnd(generation);
  const unlogged = walk.unlogged + Math.max(0, (generation ?? 0) - head.generation);
  const { first, sequence: last } = head;
  return { isSound: fault === undefined, ...(fault && { fault }), entries: walk.entries, first, last, unlogged };
}

/** Undefined where the header is damaged, which is a fault of the store and not of the log. */
function generationOf(read: CatalogRead): number | undefined {
  try {
    return read.generation();
  } catch {
    return undefined;
  }
}

class Walk {
  readonly #read: CatalogRead;
  readonly #head: AuditHead;
  readonly #hashOf: ReturnType<typeof chainHash>;
  readonly #since: AuditCheckpoint | undefined;
  #previous: Buffer;
  #generation = 0;
  /** The hash that the last prune before the oldest entry left. */
  #sealed: string | undefined;
  entries = 0;
  unlogged = 0;

  constructor(
    read: CatalogRead,
    head: AuditHead,
    { seal }: Pick<StorePlace, 'seal'>,
    since: AuditCheckpoint | undefined,
  ) {
    this.#read = read;
    this.#head = head;
    this.#hashOf = chainHash(seal, head);
    this.#since = since;
    this.#previous = Buffer.from(head.base, 'hex');
  }

  async run(pause: () => Promise<unknown>): Promise<AuditFault | undefined> {
    const { first } = this.#head;
    const fault = this.#faultOfSince();
    if (fault !== undefined) return fault;
    for (let next = first; ; ) {
      const values = this.#read.auditValues(next, Number.MAX_SAFE_INTEGER - 1, BATCH);
      for (const { sequence, value } of values) {
        if (sequence !== next) return missing(next, sequence);
        const wrong = this.#faultOf(sequence, value);
        if (wrong !== undefined) return { sequence, message: wrong };
        next++;
        this.entries++;
      }
      if (values.length < BATCH) return undefined;
      await pause();
    }
  }

  /** Before all entries: what lies before the oldest that is kept must be gone. */
  #faultOfSince(): AuditFault | undefined {
    const { chain, first, base, sequence } = this.#head;
    const [before] = this.#read.auditValues(0, first - 1, 1);
    if (before) return { sequence: before.sequence, message: `it is before entry ${first}, where the log begins` };
    const since = this.#since;
    if (since === undefined) return undefined;
    const fault = (message: string): AuditFault => ({ sequence: since.sequence, message });
    if (since.chain !== chain) {
      return fault(
        `the checkpoint is of chain ${since.chain}, but this log is chain ${chain}: it was begun again, or is of another store`,
      );
    }
    if (since.sequence > sequence) {
      return fault(
        `the checkpoint is of this entry, but the log ends with entry ${sequence}: the store was rolled back`,
      );
    }
    if (since.sequence >= first) return undefined;
    if (since.sequence === first - 1 && since.hash === base) return undefined;
    return fault(
      since.sequence === first - 1
        ? 'it was another entry when the checkpoint was made'
        : `it was removed by a prune, so the checkpoint cannot be compared: the log begins with entry ${first}`,
    );
  }

  #faultOf(sequence: number, value: Buffer): string | undefined {
    const { file } = this.#read;
    let entry: AuditEntry;
    try {
      const stored = decodeEntry(value, sequence, file);
      if (!this.#hashOf(this.#previous, stored.text).equals(stored.hash)) {
        return `its hash does not fit its text and the entry before it: one of them was changed, removed, inserted or moved`;
      }
      entry = parseEntry(stored, this.#previous, sequence, file);
      this.#previous = stored.hash;
    } catch (error) {
      return (error as Error).message;
    }
    const { chain, removed, generation, unlogged = 0, hash } = entry;
    if (chain !== undefined && (sequence !== 1 || chain !== this.#head.chain))
      return 'it begins a chain that is not this one';
    if (generation < this.#generation) return 'its generation is before that of the entry before it';
    if (unlogged < 0) return `the store had lost ${-unlogged} publications when it was written`;
    if (removed?.through === this.#head.first - 1) this.#sealed = removed.hash;
    if (sequence === this.#since?.sequence) {
      if (hash !== this.#since.hash)
        return 'it was another entry when the checkpoint was made: the store was rolled back';
    }
    this.#generation = generation;
    this.unlogged += unlogged;
    return undefined;
  }

  /** @param generation the store's, if it is known */
  faultOfEnd(generation: number | undefined): AuditFault | undefined {
    const { first, sequence, hash, base } = this.#head;
    const last = first + this.entries - 1;
    if (last < sequence)
      return {
        sequence: last + 1,
        message: `it is missing: the log is cut off, and should end with entry ${sequence}`,
      };
    if (last > sequence) return { sequence: sequence + 1, message: `the log should end with entry ${sequence}` };
    if (this.#previous.toString('hex') !== hash)
      return { sequence, message: 'it is not the entry that the head of the log names' };
    if (first > 1 && this.#sealed !== base) {
      return { sequence: first - 1, message: 'it is missing, and no entry says that it was removed by a prune' };
    }
    if (first === 1 && base !== '0'.repeat(base.length))
      return { sequence: 1, message: 'a chain begins with a hash of zeros' };
    if (generation !== undefined && this.#head.generation > generation) {
      return {
        sequence,
        message: `the log is of generation ${this.#head.generation}, but the store is of generation ${generation}`,
      };
    }
    return undefined;
  }
}

function missing(sequence: number, next: number): AuditFault {
  return { sequence, message: `it is missing: entry ${next} comes next` };
}

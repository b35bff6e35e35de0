// What the programs of the swarm agree on: how a worker is started, what it says, and what the driver makes of it.

import type { ReadableCollection, Snapshot } from '../../../dist/src/index.js';

/** What a worker does most of the time (operations/index.mjs). `filler`, for long runs: changes by the hundred. */
export type Role = 'writer' | 'filler' | 'importer' | 'editor' | 'reader' | 'commander' | 'keeper' | 'watcher';

/** The argument of a worker process, and of what it starts. */
export interface Start {
  readonly seed: number;
  /** Names the process: `<slot>.<incarnation>`. Nobody else has this name in the life of the store. */
  readonly name: string;
  readonly slot: number;
  readonly role: Role;
  readonly store: string;
  /** A directory for sources and backups; not on the disk that is filled or cut. */
  readonly scratch: string;
  /** Operations at a time. */
  readonly lanes: number;
  /** What goes wrong on purpose in this round. */
  readonly faults: Faults;
  /** Records that this process alone may change, with the version of each. */
  readonly owned: Readonly<Record<string, number>>;
  /** Orders that this process alone may cancel. */
  readonly orders: readonly string[];
  /** The steps of the collections that this process alone may change, in their order, by name of the collection. */
  readonly steps: Readonly<Record<string, readonly PlayedStep[]>>;
}

export interface Faults {
  /** Processes are killed, and end without closing. */
  readonly kills: boolean;
  /** Processes are stopped and continued. */
  readonly stops: boolean;
  /** Processes have no file descriptors left for a while. */
  readonly descriptors: boolean;
  /** The disk of the store is full for a while. */
  readonly fills: boolean;
  /** The power is cut at the end. */
  readonly cut: boolean;
}

/** A change of the bank: what a transaction of several collections does (bank.mjs). */
export type Change =
  | { readonly kind: 'transfer'; readonly from: number; readonly to: number; readonly amount: number }
  | { readonly kind: 'order'; readonly user: number; readonly orders: readonly string[] }
  | { readonly kind: 'cancel'; readonly order: string }
  | { readonly kind: 'count'; readonly counter: number }
  | { readonly kind: 'move'; readonly user: number; readonly city: string };

/** A change of an edited collection: of a record that is put, patched or, with neither, deleted. */
export interface EditChange {
  readonly key: string;
  readonly value?: Stored;
  readonly patch?: Readonly<Record<string, unknown>>;
}

/** A change of a whole edited collection (edits.mjs). */
export type Step =
  /** In one transaction. */
  | { readonly kind: 'changes'; readonly changes: readonly EditChange[] }
  /** Called one after another without waiting. `done`: which of them were, if not all. */
  | { readonly kind: 'burst'; readonly changes: readonly EditChange[]; readonly done?: readonly number[] }
  | { readonly kind: 'delete range'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'import';
      readonly mode: 'replace' | 'upsert' | 'insert';
      readonly changes: 'keep' | 'drop' | 'refuse';
      readonly records: readonly Stored[];
    }
  /** The files of a folder, as they are when it is synchronised. */
  | { readonly kind: 'sync'; readonly files: Readonly<Record<string, readonly Stored[]>> }
  | { readonly kind: 'clear' | 'create index' | 'drop index' };

/** A step, and whether it was done; `doubt` only of the last ones of a collection. */
export interface PlayedStep {
  readonly id: string;
  readonly step: Step;
  readonly outcome: 'doubt' | 'done';
  /** Whether a step in doubt was answered, by an error: of calls that were not waited for, any may have failed. */
  readonly hasFailed: boolean;
}

/** What transactions made of a record. */
export interface Edit {
  readonly kind: 'put' | 'patch' | 'delete';
  /** Absent: they are not all patches. */
  readonly patches?: readonly Readonly<Record<string, unknown>>[];
  /** Whether an import gave a record of this key, too. */
  readonly isOfImport: boolean;
}

/** What an edited collection must be. */
export interface EditedState {
  readonly exists: boolean;
  readonly records: Readonly<Record<string, Stored>>;
  readonly edits: Readonly<Record<string, Edit>>;
  /** Of the last synchronisation. */
  readonly files: Readonly<Record<string, readonly Stored[]>>;
  /** Whether there is the index that is created and dropped. */
  readonly extra: boolean;
  /** How often it was cleared. */
  readonly epoch: number;
}

/** What an operation is going to do, said before it begins. */
export interface Facts {
  /** A step of an edited collection. */
  readonly edited?: { readonly collection: string; readonly step: Step };
  readonly change?: Change;
  /** Owned records and their new versions; 0: deleted. All of them or none. */
  readonly owned?: Readonly<Record<string, number>>;
  /** An import into the collection that everybody imports into, by its tag. */
  readonly published?: { readonly mode: string; readonly tag: string };
}

/** A line of a worker. `at` is the system's monotonic clock in milliseconds. */
export type Said = Saying & { readonly at: number };

export type Saying = { readonly at?: number } & (
  | ({ readonly say: 'begin'; readonly id: string; readonly operation: string } & Facts)
  /** `undone`: surely nothing has changed. `failed`: nobody knows. */
  | { readonly say: 'done'; readonly id: string }
  /** What became of a step that was in doubt: this, or nothing. */
  | { readonly say: 'settled'; readonly id: string; readonly step: Step | undefined }
  | { readonly say: 'undone' | 'failed'; readonly id: string; readonly code: string }
  | { readonly say: 'wrong'; readonly what: string; readonly facts: unknown }
  | { readonly say: 'saw'; readonly counter: number; readonly n: number; readonly staleMs: number }
  | { readonly say: 'opened' | 'closing' | 'closed' | 'ended' }
);

/** An operation as the driver knows it. */
export interface Operation extends Facts {
  readonly id: string;
  readonly operation: string;
  readonly began: number;
  /** `doubt`: begun and never answered, or failed so that nobody knows. */
  outcome: 'doubt' | 'done' | 'undone';
  ended?: number;
  code?: string;
}

/** What must not be. */
export interface Violation {
  readonly seed?: number;
  readonly round?: number;
  readonly what: string;
  readonly facts: unknown;
}

export interface Sight {
  readonly at: number;
  readonly counter: number;
  readonly n: number;
  readonly staleMs: number;
}

/** What a store surely holds when nobody changes it. */
export interface Known {
  /** Owned records and their versions. */
  readonly owned: Readonly<Record<string, number>>;
  readonly orders: readonly string[];
  readonly counters: readonly number[];
}

/** What a round came to: the argument of the judge. The rest is of the time when the round began. */
export interface Played extends Known {
  readonly store: string;
  readonly seed: number;
  readonly operations: readonly Operation[];
  readonly sights: readonly Sight[];
}

/** What the judge found. The rest is what the next round begins with. */
export interface Verdict extends Known {
  readonly violations: readonly Violation[];
  readonly generation: number;
  readonly indexBytes: number;
  readonly files: number;
}

/** Anything that collections can be read from. */
export type View = Pick<Snapshot, 'collection'>;
export type Readable = ReadableCollection<Stored>;
/** A record of any collection of the swarm. */
export interface Stored {
  readonly id: string | number;
  readonly [member: string]: unknown;
}

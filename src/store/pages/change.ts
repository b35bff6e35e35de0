// What may change in a tree, and how two entries with one key are settled.

import type { Entry } from '../types.js';

/** An entry to add, or a key to remove, where it is there. */
export interface Change extends Entry {
  readonly isRemoval?: boolean;
}

/** Which of two entries with one key stays; given for the primary tree only. */
export type Settle = (stored: Entry, added: Entry) => Entry;

/** The same where keys are removed too: undefined where none stays. */
export type Resolve = (stored: Entry, added: Change) => Entry | undefined;

/** What the publishing transaction is to do to a tree where new entries fall into one page. */
export interface PageChange {
  /** Page key of the page that goes; absent where the first of `pages` takes its place, or where there was none. */
  readonly remove: Uint8Array | undefined;
  readonly pages: readonly Uint8Array[];
  /** Entries and pages the tree gains. */
  readonly entriesGained: number;
  readonly pagesGained: number;
}

// What an import tells while it runs and what it reports: plain data, told by events and by `store.import` alike.

/**
 * Why a source was read in its layout: an option says so (`shape`, `select`), its name does (`.ndjson`, `.jsonl`), the
 * collection it is merged into does, or its first bytes do.
 */
export type LayoutReason = 'option' | 'name' | 'collection' | 'content';

/**
 * How the records of a source lie: `ndjson`, a value on each line; `values`, values one after another; `array`, the
 * elements of one array; `object`, the members of one object, whose names are the keys.
 */
export type Shape = 'ndjson' | 'values' | 'array' | 'object';

/** How some of the sources of an import were read, and why. */
export interface LayoutReport {
  /** A folder has a layout for each of its files, by the same rules. */
  readonly shape: Shape | 'folder';
  readonly because: LayoutReason;
  /** How many of the sources were read so. */
  readonly sources: number;
  /** Path of the first of them. */
  readonly first: string;
  /** All of this as a sentence, with the option that says otherwise. */
  readonly text: string;
}

/** Where an import stands. */
export interface ImportProgress {
  readonly stage: 'plan' | 'scan' | 'merge' | 'publish' | 'done';
  /** Source bytes scanned, of all; bytes of a span that has to be redone count once. */
  readonly bytes: number;
  readonly bytesTotal: number;
  /** Records read so far. */
  readonly records: number;
  /** Since the import began. */
  readonly seconds: number;
}

/** What an import did. `read = stored + rejected + replaced` always. */
export interface ImportReport {
  readonly collection: string;
  readonly mode: 'replace' | 'upsert' | 'insert';
  /** What the source was found (or said) to be; with several sources, the first. Each file of a folder has its own. */
  readonly shape: Shape | 'folder';
  /** What was assumed of the layout of the sources, why, and which option says otherwise: an element for each answer. */
  readonly layouts: readonly LayoutReport[];
  readonly framing: 'lines' | 'values' | 'array' | 'object';
  readonly sources: readonly string[];
  /** Files that were read; those of folders count one by one. */
  readonly files: number;
  readonly records: {
    readonly read: number;
    readonly stored: number;
    readonly rejected: number;
    /** Records of this import that lost to another with the same key. */
    readonly replaced: number;
  };
  /** Records stored before this import that it replaced (modes upsert; replace drops all silently). */
  readonly updated: number;
  readonly bytes: { readonly source: number; readonly stored: number };
  readonly shards: number;
  readonly spans: { readonly total: number; readonly redone: number };
  /** What did not have to be done again, in an import that went on where one was killed. */
  readonly resumed?: { readonly spans: number; readonly bytes: number };
  readonly indexes: readonly { readonly path: string; readonly entries: number; readonly pages: number }[];
  readonly seconds: number;
  /** Seconds by stage. */
  readonly stages: { readonly plan: number; readonly scan: number; readonly merge: number; readonly publish: number };
  /** 1 for a store in memory: its imports run in the calling thread. */
  readonly workers: number;
  /** Highest anonymous memory (RssAnon, all threads) seen, in bytes; 0 where the system does not tell. */
  readonly peakAnonBytes: number;
  /** File of the rejected records, with onBadRecord "quarantine" and at least one of them. */
  readonly quarantine?: string;
  /** Things the user should know, e.g. an index path that matched nothing. */
  readonly warnings: readonly string[];
}

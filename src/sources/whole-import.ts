// source > plan > map > scan > key > frame > shard > verify > merge > publish
//
// An import of all that its sources are: what it reads, and the manifest that is published with it.

import { GristmillError } from '../base/errors.js';
import type { EditCounts } from '../base/import-report.js';
import { absoluteOf } from '../import/names/sources.js';
import { newMeanings, optionsThatAffect } from '../import/options/affects.js';
import type { FilledImportOptions } from '../import/options/resolve.js';
import { type Plans, planSources } from '../import/plan/sources.js';
import type { AcceptedSpan } from '../import/plan/span-job.js';
import type { Streams } from '../import/sequence/streams.js';
import { expectationOf } from '../import/source/expectation.js';
import type { Expectation } from '../import/source/layout.js';
import type { Fingerprint } from '../import/source/source.js';
import type { ImportTarget, ImportWork } from '../import/work.js';
import type { Pause } from '../parallel/pause.js';
import type { Change } from '../store/pages/change.js';
import { compareEntries } from '../store/pages/merge-page.js';
import type { PublishResult } from '../store/publish/publication.js';
import { removeRecords } from '../store/publish/remove-records.js';
import type { SourceManifest } from '../store/source-types.js';
import type { CatalogRead, CatalogWrite, CollectionManifest } from '../store/types.js';
import { refuseEdited, settleEdits } from '../update/keep-edits.js';
import { type Comparison, idOf } from './compare.js';
import { type Base, hasOthers, ManifestRows, notedFiles } from './manifest.js';
import { Notes } from './notes.js';
import { recordsIn } from './vanish.js';

/** The options that what is stored depends on, as text. */
export function rulesOf(options: FilledImportOptions): string {
  const affecting = optionsThatAffect(options, 'records');
  return JSON.stringify({ ...affecting, indexes: [...options.indexes].sort(), ...newMeanings(options) });
}

/** What a repeated import knows of the one before. */
export interface Repeated {
  /** The collection and its manifest, where that is one of these sources: records that are not in them any more go. */
  readonly base: Base | undefined;
  /** New files that are not taken, or not all of them. */
  readonly left: Comparison['left'];
}

export class WholeImport implements ImportWork {
  readonly sources: readonly string[];
  readonly #target: ImportTarget;
  readonly #options: FilledImportOptions;
  readonly #rows = new ManifestRows();
  readonly #notes: Notes;
  readonly #repeated: Repeated | undefined;
  readonly #streams: Streams | undefined;
  /** Whether there is nothing to know a source again by. */
  #hasStreams = false;
  /** Records that the publication has removed. */
  removed = 0;
  /** Those that were deletions of a bulk file. */
  deletions = 0;
  readonly #deletions: Change[] = [];
  /** Live records of the import before. */
  #records: readonly Change[] = [];

  /**
   * @param repeated where it brings a collection up to date, whatever else is in that.
   * @param streams where sources may be such that can be read only once.
   */
  constructor(
    target: ImportTarget,
    sources: readonly string[],
    options: FilledImportOptions,
    { repeated, streams }: { readonly repeated?: Repeated; readonly streams?: Streams },
  ) {
    this.sources = sources;
    this.#target = target;
    this.#options = options;
    this.#repeated = repeated;
    this.#streams = streams;
    this.#notes = new Notes(options, (file) => this.#rows.add(file));
  }

  get operation(): 'import' | 'synchronise' {
    return this.#repeated === undefined ? 'import' : 'synchronise';
  }

  get isResumable(): boolean {
    return this.#repeated === undefined;
  }

  get mayAllBeBad(): boolean {
    return this.#repeated !== undefined;
  }

  get hashesSpans(): boolean {
    return this.#repeated !== undefined;
  }

  async plan(pause: Pause): Promise<Plans> {
    const { catalog, directory } = this.#target;
    const base = this.#repeated?.base;
    let expectation: Expectation | undefined;
    const snapshot = catalog.snapshot();
    try {
      const manifest = snapshot.collection(this.#options.collection);
      if (manifest !== undefined) this.#checkMode(snapshot, manifest);
      if (manifest !== undefined && this.#options.mode === 'replace') refuseEdited(manifest, this.#options);
      if (manifest !== undefined) expectation = await expectationOf(snapshot, this.#target, manifest);
      // Only names are more than the bytes of a new source can say.
      if (!this.#goesOn && expectation?.layout === 'values') expectation = undefined;
      if (base !== undefined && this.#options.mode !== 'replace') {
        const ranges = [...notedFiles(snapshot, base.manifest.id, base.sources)].flatMap((file) => file.ranges);
        this.#records = await recordsIn(snapshot, this.#target, base.manifest, ranges, pause);
      }
    } finally {
      snapshot.release();
    }
    const { left } = this.#repeated ?? {};
    const selectOf = (source: number) => (path: string, fingerprint: Fingerprint) => {
      const id = idOf({ source, path });
      return left?.has(id) ? left.get(id) : fingerprint;
    };
    const mayBeEmpty = left !== undefined;
    const options = { ...this.#options, streams: this.#streams };
    const selected = left && selectOf;
    const plans = await planSources(this.sources, directory, options, pause, expectation, mayBeEmpty, selected);
    this.#hasStreams = plans.plans.some(
      ({ sequential, fingerprint }) => sequential?.isFile === false && fingerprint.version === undefined,
    );
    return plans;
  }

  /** @throws MODE_NEEDED if nobody has said that records of other sources are to go */
  #checkMode(read: CatalogRead, manifest: CollectionManifest): void {
    if (this.#repeated !== undefined || this.#options.isModeGiven || manifest.records === 0) return;
    const sources = read.sourceManifest(manifest.id);
    const given = new Set(this.sources.map(absoluteOf));
    const areSame = sources?.sources.every((source) => given.has(source)) === true;
    if (areSame && !hasOthers(read, { manifest, sources: sources! })) return;
    throw modeNeeded(manifest, sources);
  }

  /** Whether records of the collection stay, or it was made of these sources by the same options. */
  get #goesOn(): boolean {
    const base = this.#repeated?.base;
    return this.#options.mode !== 'replace' || base?.sources.rules === rulesOf(this.#options);
  }

  accept(span: AcceptedSpan): void {
    this.#notes.accept(span);
    for (const deletion of span.result.deletions ?? []) this.#deletions.push(deletion);
  }

  async finish(): Promise<void> {
    this.#notes.finish();
    this.#rows.finish();
  }

  publish(write: CatalogWrite, published: PublishResult): EditCounts {
    this.#note(write, published);
    return settleEdits(this.#target, write, published.manifest.name, this.#options);
  }

  #note(write: CatalogWrite, { manifest, counts }: PublishResult): void {
    this.removed = removeRecords(this.#target.catalog, write, manifest.name, this.#records);
    this.deletions = removeRecords(this.#target.catalog, write, manifest.name, this.#deletions.sort(compareEntries));
    // Where records came otherwise too, a manifest is of the sources that the collection is kept up to date with.
    const isAll = manifest.records + manifest.dead === counts.stored + counts.replaced;
    if ((!isAll && this.#repeated === undefined) || this.#hasStreams) return;
    const sources = this.sources.map(absoluteOf);
    const hasDuplicates = counts.replaced > 0;
    this.#rows.write(write, manifest.id, { sources, rules: rulesOf(this.#options), hasDuplicates });
  }
}

/** Sources that an error names. */
const SOURCES_NAMED = 3;

function modeNeeded({ name, records }: CollectionManifest, noted: SourceManifest | undefined): GristmillError {
  const sources = noted?.sources ?? [];
  const rest = sources.length > SOURCES_NAMED ? ', …' : '';
  const from = sources.length === 0 ? '' : `, made from ${sources.slice(0, SOURCES_NAMED).join(', ')}${rest}`;
  const has = records === 1 ? '1 record' : `${records} records`;
  const message = `collection ${name} has ${has}${from}, and this import would replace what other sources or transactions brought; nothing was imported. To replace all records, give option mode: 'replace'. To add these records, and to replace those with the same key, give option mode: 'upsert'. To add only records with new keys, give option mode: 'insert'.`;
  return new GristmillError('MODE_NEEDED', message);
}

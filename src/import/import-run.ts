// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// What one import has written so far and has to take away again unless it is published: its workspace, its journal, its
// quarantine file.

import type { Pause } from '../parallel/pause.js';
import type { StorePlace } from '../store/files/blobs.js';
import type { Catalog } from '../store/types.js';
import { Tally } from './accept/tally.js';
import type { FilledImportOptions } from './options/resolve.js';
import type { AcceptedSpan } from './plan/span-job.js';
import { Workspace } from './plan/workspace.js';
import type { Journal } from './resume/journal.js';
import { type Beginning, forgetResumable } from './resume/resume.js';

export class ImportRun {
  readonly tally: Tally;
  readonly workspace: Workspace;
  journal: Journal | undefined;
  readonly #catalog: Catalog;
  readonly #beginning: Beginning;
  /** Spans accepted that the journal has already. */
  #recorded = 0;

  constructor(
    { directory, blobs, catalog }: StorePlace & { readonly catalog: Catalog },
    beginning: Beginning,
    options: FilledImportOptions,
    pause: Pause,
  ) {
    const { id, recorded } = beginning;
    const place = { directory, blobs };
    this.#catalog = catalog;
    this.#beginning = beginning;
    this.workspace = new Workspace(place, id);
    this.tally = new Tally(options, place, id, pause);
    if (recorded.length > 0) this.tally.quarantine.resume((recorded.at(-1) as (typeof recorded)[0]).quarantineBytes);
  }

  /** Takes a span's results in; those that were not recorded before go to the journal. @throws as Tally.accept */
  async accept(span: AcceptedSpan): Promise<void> {
    await this.tally.accept(span);
    if (this.#recorded++ < this.#beginning.recorded.length || this.journal === undefined) return;
    const { task, result, wasRedone } = span;
    const quarantineBytes = this.tally.quarantine.bytes;
    this.journal.add({ shard: task.shard, result, wasRedone, quarantineBytes }, this.tally.filesOf(span));
  }

  /** Resolves when all that was accepted is on disk. @throws DISK_FULL, IO_ERROR */
  async synced(): Promise<void> {
    await this.journal?.settled();
    await this.tally.synced();
  }

  /** Removes what nothing needs any more: all, unless it was published. Never fails. */
  async close(isPublished: boolean): Promise<void> {
    await this.tally.settled();
    await this.journal?.close();
    this.tally.quarantine.close(isPublished);
    this.workspace.close();
    if (isPublished) return;
    try {
      const { id } = this.#beginning;
      if (!this.#catalog.resumable().some((one) => one.id === id)) return;
      await this.#catalog.transaction((write) => forgetResumable(this.#catalog, write, id));
    } catch {
      // It cannot be resumed without its journal, and is taken off the list by the next sweep.
    }
  }
}

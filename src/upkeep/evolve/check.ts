// [evolve]: [shards > failures] > indexes > publish
//
// Every record of a collection is looked at before it gets another shape: workers read the shards in files, and the records that
// are inline are read here. What transactions write meanwhile is looked at last, in the publishing transaction.

import { THREADLESS_BYTES_MAX } from '../../base/limits.js';
import type { Functions, Migration } from '../../evolve/types.js';
import { inOrder } from '../../parallel/in-order.js';
import { isDead } from '../../store/catalog/tombstones.js';
import { shardPath } from '../../store/files/layout.js';
import type { Forms } from '../../store/shards/forms.js';
import type { CatalogRead, CatalogSnapshot, CollectionManifest, ShardEntry } from '../../store/types.js';
import { liveRecords } from '../indexes/live-records.js';
import type { IndexWatch } from '../indexes/progress.js';
import { Failures } from './failures.js';
import { keyCheck, type StayingKey } from './keys.js';
import type { EvolveTarget } from './options.js';
import type { TrialResult } from './task.js';
import { formUndone } from './undone.js';

/** What is looked at, and in which shape it is to be. */
interface Checked {
  readonly snapshot: CatalogSnapshot;
  readonly shards: readonly ShardEntry[];
  readonly forms: Forms;
  /** Migrations that are taken back again, see `formUndone`. */
  readonly undone?: readonly Migration[] | undefined;
  /** What they may call, if any of them calls. */
  readonly functions?: Functions | undefined;
  /** Of a shard, the key that a call must not change. */
  readonly keyOf?: ((entry: ShardEntry) => StayingKey) | undefined;
  /** Whether the places of all records that fail are wanted. */
  readonly locates?: boolean;
}

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR, CANCELLED */
export async function checkRecords(
  target: EvolveTarget,
  watch: IndexWatch,
  workersMax: number,
  { snapshot, shards, forms, undone, functions, keyOf, locates = false }: Checked,
): Promise<Failures> {
  const failures = new Failures(locates);
  const bytes = shards.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
  watch.enter('scan', bytes);
  for (const entry of shards) {
    if (entry.fileNumber !== 0) continue;
    const form = formUndone(forms.of(entry), undone, functions);
    const check = keyOf && keyCheck(entry, keyOf(entry));
    for (const { ordinal, line } of liveRecords(snapshot, entry, snapshot.tombstones(entry))) {
      failures.look(line.toString(), form, entry.shard, ordinal, check);
    }
    await watch.pause();
  }
  const files = shards.filter(({ fileNumber }) => fileNumber !== 0);
  const threads = bytes <= THREADLESS_BYTES_MAX ? 0 : Math.min(workersMax, files.length);
  const workers = target.startWorkers(threads);
  try {
    const start = (entry: ShardEntry): Promise<TrialResult> =>
      workers.trial({
        ...{ entry, dead: snapshot.tombstones(entry), shared: watch.shared.buffer },
        ...{ path: shardPath(target.directory, entry.file), route: forms.routeOf(entry), undone, locates },
        ...{ functions, key: keyOf?.(entry) },
      });
    for await (const { result } of inOrder(files, threads + 1, start, watch.stop)) {
      await watch.pause();
      failures.addAll(result);
    }
  } finally {
    await workers.close();
  }
  return failures;
}

/** What transactions have written since a state was looked at. */
export class LateRecords {
  readonly #forms: Forms;
  readonly #keyOf: Checked['keyOf'];
  /** Of each inline shard the records that were there. */
  readonly #seen: ReadonlyMap<number, number>;

  /** @param shards as they were */
  constructor(shards: readonly ShardEntry[], forms: Forms, keyOf: Checked['keyOf']) {
    this.#forms = forms;
    this.#keyOf = keyOf;
    this.#seen = new Map(shards.map(({ shard, records }) => [shard, records]));
  }

  /** Looks at them in the publishing transaction. */
  check(read: CatalogRead, manifest: CollectionManifest, mayFail: (entry: ShardEntry) => boolean): Failures {
    const failures = new Failures();
    for (const entry of read.shards(manifest)) {
      const from = this.#seen.get(entry.shard) ?? 0;
      if (entry.fileNumber !== 0 || entry.records <= from || !mayFail(entry)) continue;
      const dead = read.tombstones(entry);
      const form = this.#forms.of(entry);
      const check = this.#keyOf && keyCheck(entry, this.#keyOf(entry));
      for (const { ordinal, line } of read.inlineRecords(entry.shard, from, entry.records - from)) {
        if (!isDead(dead, ordinal)) failures.look(line.toString(), form, entry.shard, ordinal, check);
      }
    }
    return failures;
  }
}

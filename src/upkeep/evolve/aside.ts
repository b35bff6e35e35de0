// [evolve]: shards > failures > [aside] > indexes > publish
//
// Records that a migration cannot change are put aside: first they are written to a quarantine file, as they are before the
// migration, then they leave the collection in the publishing transaction. Those that somebody has changed or deleted
// meanwhile stay as they are then.

import { MigrationFailure } from '../../evolve/failure.js';
import { Quarantine } from '../../import/accept/quarantine.js';
import { encodeKey } from '../../keys/encode.js';
import { formatPointer, parsePath } from '../../keys/paths.js';
import type { StorePlace } from '../../store/files/blobs.js';
import type { Change } from '../../store/pages/change.js';
import { compareEntries } from '../../store/pages/merge-page.js';
import { storedLine } from '../../store/publish/line-keys.js';
import { publishState } from '../../store/publish/publish-state.js';
import { removeRecords } from '../../store/publish/remove-records.js';
import { type Forms, formsOf } from '../../store/shards/forms.js';
import { recordText } from '../../store/shards/line.js';
import type { Catalog, CatalogSnapshot, CatalogWrite, CollectionManifest } from '../../store/types.js';
import { keyReader } from '../../update/records/line-key.js';
import { collectionOf } from '../collection-of.js';
import type { Failures } from './failures.js';

interface Looked {
  readonly snapshot: CatalogSnapshot;
  readonly manifest: CollectionManifest;
  /** Makes the new version of records. */
  readonly forms: Forms;
}

/** Records in a quarantine file that are to leave their collection. */
export class PutAside {
  readonly #quarantine: Quarantine;
  readonly #name: string;
  readonly #records: readonly Change[];
  /** Of the edits of these records. */
  readonly #keys: readonly Uint8Array[];

  /**
   * Writes the file; it is durable then.
   * @param id of the quarantine file
   * @throws GristmillError DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH; what `pause` throws
   */
  static async write(
    place: StorePlace,
    id: string,
    { snapshot, manifest, forms }: Looked,
    located: Failures['located'],
    pause: () => Promise<void>,
  ): Promise<PutAside> {
    const quarantine = new Quarantine(place, id, manifest.name);
    const entries = new Map(snapshot.shards(manifest).map((entry) => [entry.shard, entry]));
    const before = formsOf(snapshot, manifest);
    const keyOf = keyReader(manifest, place.seal);
    const records: Change[] = [];
    const keys: Uint8Array[] = [];
    try {
      for (const [shard, ordinal] of located.toSorted((left, right) => left[0] - right[0] || left[1] - right[1])) {
        await pause();
        const entry = entries.get(shard)!;
        const line = Buffer.from(storedLine(snapshot, place, entry, ordinal) as Uint8Array).toString();
        const { path, op, message } = failureOf(line, forms.of(entry));
        const record = entry.firstOrdinal + ordinal;
        const facts = { file: entry.source.file, record, offset: 0, start: 0, reason: 'MIGRATION_FAILED', message };
        const raw = Buffer.from(recordText(line, before.of(entry)));
        quarantine.put({ ...facts, pointer: formatPointer(path === '' ? [] : parsePath(path)), keyword: op }, raw);
        const key = keyOf(line, before.of(entry));
        records.push({ key, shard, ordinal, isRemoval: true });
        keys.push(manifest.key.kind === 'ordinal' ? encodeKey(record) : key);
      }
      await quarantine.sync();
      return new PutAside(quarantine, manifest.name, records.sort(compareEntries), keys);
    } catch (error) {
      quarantine.close(false);
      throw error;
    }
  }

  private constructor(quarantine: Quarantine, name: string, records: readonly Change[], keys: readonly Uint8Array[]) {
    this.#quarantine = quarantine;
    this.#name = name;
    this.#records = records;
    this.#keys = keys;
  }

  get path(): string | undefined {
    return this.#quarantine.path;
  }

  /** Takes the records out of their collection, within the publishing transaction; nothing is known of what transactions made of them. */
  remove(catalog: Catalog, write: CatalogWrite): void {
    removeRecords(catalog, write, this.#name, this.#records);
    const current = collectionOf(catalog, this.#name);
    const edited = this.#keys.filter((key) => catalog.edit(current.id, key) !== undefined);
    for (const key of edited) write.putEdit(current.id, key, undefined);
    if (edited.length === 0) return;
    const edits = (current.edits ?? 0) - edited.length;
    publishState(catalog, write, { ...current, edits }, catalog.shards(current));
  }

  /** @param stays whether the records have left their collection */
  close(stays: boolean): void {
    this.#quarantine.close(stays);
  }
}

/** Why a record has no new version. */
function failureOf(line: string, form: ReturnType<Forms['of']>): Pick<MigrationFailure, 'path' | 'op' | 'message'> {
  try {
    recordText(line, form);
  } catch (error) {
    if (error instanceof MigrationFailure) return error;
    throw error;
  }
  throw new Error('a record that has a new version was to be put aside');
}

// [record > line, keys > overlay] > pages > transaction
//
// What a transaction's own ranges read: the stored index without the records that the transaction has replaced or deleted,
// and the transaction's records in between, where the commit will put them. A range sees the changes that were made before
// it began, and none that are made while it runs.

import { compareKeys, encodeKey } from '../../keys/encode.js';
import type { KeyPath } from '../../keys/key-path.js';
import { indexNumber } from '../../lookup/index/generation.js';
import { ordinalOfKey } from '../../lookup/index/locate.js';
import { checkOrdinals, type KeyPlace } from '../../lookup/index/places.js';
import { type Bounds, isBeyond } from '../../lookup/index/range.js';
import { UNCOMMITTED_SHARD } from '../../lookup/rows/row.js';
import { type KeyGroup, locationOf, type RowSource, type StoredSource } from '../../lookup/rows/source.js';
import type { HiddenKeys } from '../../store/seal/hidden-keys.js';
import type { Forms } from '../../store/shards/forms.js';
import type { Place } from '../../store/shards/place.js';
import type { CollectionManifest, Location, ShardEntry } from '../../store/types.js';
import type { KeyPlan, NewRecord } from '../records/record.js';
import { shownLine } from '../records/shaped.js';
import { idOf, type Overlay } from './overlay.js';

/** A collection, and what the transaction has changed in it. */
interface OverlaidCollection {
  readonly manifest: CollectionManifest;
  readonly overlay: Overlay;
  readonly plan: Pick<KeyPlan, 'hidden'>;
}

export class OverlaySource implements RowSource {
  readonly manifest: CollectionManifest;
  readonly index: KeyPath | undefined;
  readonly hidden: HiddenKeys | undefined;
  readonly #overlay: Overlay;
  /** Undefined for a collection that the transaction has made. */
  readonly #stored: StoredSource | undefined;
  readonly #lastChange: number;
  /** What the transaction's records look like: an inline shard beyond all others. */
  readonly #entry: ShardEntry;
  readonly #shown: (record: NewRecord) => Pick<Place, 'form'> & { readonly inline: string };
  /** In the order in which the commit will store them. */
  readonly #records: readonly (NewRecord | undefined)[];

  /** @param forms in which records are given. Undefined: as the collection has them */
  constructor(
    { manifest, overlay, plan }: OverlaidCollection,
    index: KeyPath | undefined,
    stored: StoredSource | undefined,
    forms: Forms | undefined,
  ) {
    this.manifest = manifest;
    this.index = index;
    this.hidden = plan.hidden;
    this.#overlay = overlay;
    this.#stored = stored;
    for (const key of overlay.takeTouched()) {
      const location = stored?.locate(key);
      if (location !== undefined) overlay.stored.set(placeId(location), idOf(key));
    }
    this.#lastChange = overlay.lastChange;
    this.#entry = entryOf(manifest);
    this.#shown = (record) => shownLine(record, manifest, forms);
    const first = this.#entry.firstOrdinal;
    const appended = overlay.appended.map((record, i) => (overlay.deleted.has(first + i) ? undefined : record));
    this.#records = [...appended, ...overlay.inOrder().map(({ record }) => record)];
  }

  /** Stored ones first where keys are equal: what a transaction stores comes after all that is stored. */
  *places(bounds: Bounds): Generator<KeyPlace> {
    const added = this.#added(bounds);
    const side = bounds.reverse ? -1 : 1;
    let next = 0;
    for (const place of this.#storedPlaces(bounds)) {
      while (next < added.length) {
        const order = side * compareKeys(added[next]!.key, place.key);
        if (order > 0 || (order === 0 && !bounds.reverse)) break;
        yield added[next++]!;
      }
      yield place;
    }
    for (; next < added.length; next++) yield added[next]!;
  }

  *counts(bounds: Bounds): Generator<number | KeyGroup> {
    if (this.#stored !== undefined && this.#overlay.isEmpty) yield* this.#stored.counts(bounds);
    else yield* this.groups(bounds);
  }

  *groups(bounds: Bounds): Generator<KeyGroup> {
    if (this.#stored !== undefined && this.#overlay.isEmpty) yield* this.#stored.groups(bounds);
    else for (const { key } of this.places(bounds)) yield { key, count: 1 };
  }

  locate(primary: Uint8Array): Location | undefined {
    if (this.manifest.primary === undefined) {
      const ordinal = ordinalOfKey(primary) - this.#entry.firstOrdinal;
      if (ordinal >= 0) return { shard: UNCOMMITTED_SHARD, ordinal };
    }
    const change = this.#overlay.changeOf(primary);
    if (change === undefined) return this.#stored?.locate(primary);
    const { record } = change;
    return record && { shard: UNCOMMITTED_SHARD, ordinal: this.#records.indexOf(record) };
  }

  *#storedPlaces(bounds: Bounds): Generator<KeyPlace> {
    if (this.#stored === undefined) return;
    for (const found of this.#stored.places(withoutUncommitted(bounds))) {
      const key = this.#overlay.stored.get(placeId(locationOf(found.place)));
      if (key === undefined || !this.#overlay.wasTouched(key, this.#lastChange)) yield found;
    }
  }

  /** The transaction's own records in a range, in order. */
  #added(bounds: Bounds): KeyPlace[] {
    const added: KeyPlace[] = [];
    const number = this.index === undefined ? undefined : indexNumber(this.manifest, this.index);
    if (this.manifest.primary === undefined && number === undefined) checkOrdinals(this.manifest.name, bounds);
    for (const [ordinal, record] of this.#records.entries()) {
      if (record === undefined) continue;
      const location = { shard: this.#entry.shard, ordinal };
      const own = record.primary ?? encodeKey(this.#entry.firstOrdinal + ordinal);
      for (const key of number === undefined ? [own] : record.secondary[number]!) {
        if (!isBeyond(key, location, bounds.lower, 1) || !isBeyond(key, location, bounds.upper, -1)) continue;
        added.push({ key, place: { entry: this.#entry, ordinal, ...this.#shown(record) } });
      }
    }
    const side = bounds.reverse ? -1 : 1;
    return added.sort(
      (left, right) => side * (compareKeys(left.key, right.key) || left.place.ordinal - right.place.ordinal),
    );
  }
}

/** The same bounds for stored records: those of a transaction, which a bound may lie between, come after all of them. */
function withoutUncommitted(bounds: Bounds): Bounds {
  const { lower, upper } = bounds;
  return {
    ...bounds,
    ...(lower?.beyond?.shard === UNCOMMITTED_SHARD && { lower: { ...lower, inclusive: false, beyond: undefined } }),
    ...(upper?.beyond?.shard === UNCOMMITTED_SHARD && { upper: { ...upper, beyond: undefined } }),
  };
}

function entryOf({ records, dead, key }: CollectionManifest): ShardEntry {
  return {
    ...{ shard: UNCOMMITTED_SHARD, fileNumber: 0, file: '', records: 0, holes: 0, firstOrdinal: records + dead },
    ...{ frames: 0, plainBytes: 0, storedBytes: 0, sha256: '', named: key.kind === 'name' },
    source: { file: '', from: 0, to: 0 },
  };
}

function placeId({ shard, ordinal }: Location): string {
  return `${shard} ${ordinal}`;
}

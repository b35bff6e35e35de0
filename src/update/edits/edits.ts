// record > line, keys > overlay > [pages > transaction]
//
// What transactions make of records that an import brought is written down, key by key, beside them: by it the next import
// knows what it must not undo without a word, and can do the same to the records that it brings (keep-edits.ts).

import { encodeKey } from '../../keys/encode.js';
import type { Edit } from '../../store/edit-types.js';
import type { CatalogRead, CatalogWrite, CollectionManifest, Entry, Location } from '../../store/types.js';
import type { StoredChange } from '../overlay/changes.js';
import { withPatch } from '../overlay/overlay.js';

/**
 * Whether edits of a collection are written down: where no import ever gave it a record, all it has came by transactions. One
 * that an import without records has emptied still knows what was deleted from it.
 */
export function hasImports({ sourceBytes, edits }: CollectionManifest): boolean {
  return sourceBytes > 0 || edits !== undefined;
}

/** Records that transactions changed since an import gave them, as far as the manifest says. */
export function editCount(manifest: CollectionManifest): number {
  return hasImports(manifest) ? (manifest.edits ?? 0) : manifest.records;
}

/** Writes the edits of one collection, within a transaction. */
export class Edits {
  readonly #catalog: CatalogRead;
  readonly #write: CatalogWrite;
  readonly #id: number;
  readonly #shape: number;
  /** By how many there are more. */
  #gained = 0;

  constructor(catalog: CatalogRead, write: CatalogWrite, { id, shape = 0 }: CollectionManifest) {
    this.#shape = shape;
    this.#catalog = catalog;
    this.#write = write;
    this.#id = id;
  }

  /** What the manifest says of them then. */
  count({ edits = 0 }: CollectionManifest): Pick<CollectionManifest, 'edits'> {
    return edits + this.#gained === 0 && edits === 0 ? {} : { edits: edits + this.#gained };
  }

  /** @param stored where the record of the key was */
  note(change: StoredChange, stored: Entry | undefined): void {
    const known = this.#catalog.edit(this.#id, change.key);
    this.#set(change.key, known, editOf(change, known, stored, this.#shape));
  }

  /** A record of a collection without a key was appended, or deleted. */
  noteOrdinal(ordinal: number, kind: 'put' | 'delete'): void {
    const key = encodeKey(ordinal);
    const known = this.#catalog.edit(this.#id, key);
    this.#set(key, known, kind === 'delete' && known !== undefined ? undefined : { kind });
  }

  #set(key: Uint8Array, known: Edit | undefined, edit: Edit | undefined): void {
    if (known === undefined && edit === undefined) return;
    // As with most records that are put again and again.
    if (known?.kind === 'put' && edit?.kind === 'put' && isSameOrigin(known, edit)) return;
    this.#write.putEdit(this.#id, key, edit);
    if (known === undefined) this.#gained++;
    else if (edit === undefined) this.#gained--;
  }
}

function isSameOrigin({ origin: left }: Edit, { origin: right }: Edit): boolean {
  return left?.[0] === right?.[0] && left?.[1] === right?.[1];
}

/** Whether patches are made to records of this shape. To those of another shape they cannot be made. */
export function isOfShape({ shape = 0 }: Edit, of: number): boolean {
  return shape === of;
}

/** What is kept of a key from now on; undefined where it is as the import left it, which had no record of this key. */
function editOf(
  change: StoredChange,
  known: Edit | undefined,
  stored: Location | undefined,
  shape: number,
): Edit | undefined {
  const place = stored && ([stored.shard, stored.ordinal] as const);
  const origin = known === undefined ? place : known.origin;
  const key = change.whole && Buffer.from(change.whole).toString('base64url');
  const from = { ...(origin && { origin }), ...(key !== undefined && { key }) };
  if (change.record === undefined) return origin === undefined ? undefined : { kind: 'delete', ...from };
  const before = known === undefined ? [] : isOfShape(known, shape) ? known.patches : undefined;
  const patches = before && change.patches && withPatches(before, change.patches);
  return patches === undefined
    ? { kind: 'put', ...from }
    : { kind: 'patch', patches, ...(shape !== 0 && { shape }), ...from };
}

function withPatches(before: readonly string[], added: readonly string[]): readonly string[] | undefined {
  return added.reduce<readonly string[] | undefined>((all, patch) => all && withPatch(all, patch), before);
}

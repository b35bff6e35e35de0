// record > line, keys > [overlay] > pages > transaction
//
// The line of a record that a transaction has made, as a handle shows it: in the newest version, or in the one of the handle.

import type { Forms } from '../../store/shards/forms.js';
import { type LineForm, ownForm } from '../../store/shards/line.js';
import type { CollectionManifest } from '../../store/types.js';
import type { NewRecord } from './record.js';

/** The text of a record in some shape. */
export interface ShapedText {
  readonly text: string;
  readonly shape: number;
}

/** @param forms in which records are given. Undefined: as the collection has them */
export function shownLine(
  { line, kept }: NewRecord,
  manifest: CollectionManifest,
  forms: Forms | undefined,
): { readonly inline: string; readonly form: LineForm } {
  const own = ownForm(manifest);
  if (forms === undefined) return { inline: line, form: own };
  const stored = kept ?? { line, shape: own.shape };
  return { inline: stored.line, form: forms.of({ named: own.isNamed, shape: stored.shape }) };
}

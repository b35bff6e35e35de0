// key > index page > location > frame cache > frame > [record in a newer shape]
//
// Texts of records that are stored in an older shape and are read again and again: making the newer text of one takes longer
// than all else that a read from a frame in memory does.

import { LRUCache } from 'lru-cache';
import { RESHAPED_BYTES_MAX } from '../base/limits.js';
import { type Frame, lineText } from '../store/shards/frame.js';
import { recordText } from '../store/shards/line.js';
import type { HotPlace } from './cache/hot-places.js';

/** The memory of a kept text in addition to its characters, roughly. */
const OVERHEAD_BYTES = 128;

export class ReshapedTexts {
  /** A place has one form, and its line never changes: so the text of a place is never another one. */
  readonly #texts = new LRUCache<HotPlace, string>({ maxSize: RESHAPED_BYTES_MAX });

  /** @throws GristmillError as `recordText` */
  textAt(place: HotPlace, frame: Frame): string {
    const known = this.#texts.get(place);
    if (known !== undefined) return known;
    const text = recordText(lineText(frame, place.line), place.form);
    // Puts the text in one piece: else it would hold the older one.
    text.charCodeAt(0);
    this.#texts.set(place, text, { size: OVERHEAD_BYTES + (frame.ascii ? 1 : 2) * text.length });
    return text;
  }
}

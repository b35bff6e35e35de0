// key > index page > location > frame cache > [frame] > record: the records of a frame that are not dead

import { isDead } from '../store/catalog/tombstones.js';
import type { ShardLines } from '../store/shards/shard-lines.js';

/** The text of the lines whose records are not dead, in stretches of whole lines. @param dead tombstones of the shard */
export function* liveText({ frame, ordinalOf }: ShardLines, dead: Uint8Array): Generator<Uint8Array> {
  const count = frame.lines.length - 1;
  for (let from = 0; from < count; ) {
    let to = from;
    while (to < count && !isDead(dead, ordinalOf(to))) to++;
    if (to > from) yield frame.plain.subarray(frame.lines[from], frame.lines[to]);
    from = to + 1;
  }
}

// key > index page > location > frame cache > [frame] > record: the records of a frame that are not dead

import { isDead } from '../store/catalog/tombstones.js';
import { lineText } from '../store/shards/frame.js';
import { type LineForm, reshapedLine } from '../store/shards/line.js';
import type { ShardLines } from '../store/shards/shard-lines.js';

/**
 * The text of the lines whose records are not dead, in stretches of whole lines, in the shape of the form.
 * @param dead tombstones of the shard
 */
export function* liveText(lines: ShardLines, dead: Uint8Array, form: LineForm): Generator<Uint8Array> {
  if (form.reshape !== undefined) {
    const text = reshapedText(lines, dead, form);
    if (text !== '') yield Buffer.from(text);
    return;
  }
  const { frame, ordinalOf } = lines;
  const count = frame.lines.length - 1;
  for (let from = 0; from < count; ) {
    let to = from;
    while (to < count && !isDead(dead, ordinalOf(to))) to++;
    if (to > from) yield frame.plain.subarray(frame.lines[from], frame.lines[to]);
    from = to + 1;
  }
}

function reshapedText({ frame, ordinalOf }: ShardLines, dead: Uint8Array, form: LineForm): string {
  let text = '';
  for (let i = 0; i < frame.lines.length - 1; i++) {
    if (!isDead(dead, ordinalOf(i))) text += `${reshapedLine(lineText(frame, i), form)}\n`;
  }
  return text;
}

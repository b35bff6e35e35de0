// source > plan > map > scan > key > [frame] > shard > verify > merge > publish
//
// The deletions of Elasticsearch bulk files. In the converted text a deletion is a member with the value null, which no
// record of such a file is. It goes through the import as a record that replaces earlier ones of its key, in the source and
// in the store. Its place is noted here, and the publishing transaction removes it (sources/whole-import.ts).

import { NEWLINE } from '../../kernel/plain/bytes.js';
import { encodeKey } from '../../keys/encode.js';
import { type Pseudonyms, pseudonymsOf } from '../../keys/pseudonyms.js';
import type { Change } from '../../store/pages/change.js';
import { recordName } from '../../store/shards/line.js';

/** The end of the line of a deletion (store/shards/line.ts). */
const END = Buffer.from(',"value":null}');

export class Deletions {
  readonly found: Change[] = [];
  readonly #shard: number;
  readonly #pseudonyms: Pseudonyms | undefined;
  #ordinal = 0;

  /** @param secret hides the keys */
  constructor(shard: number, secret?: Uint8Array) {
    this.#shard = shard;
    this.#pseudonyms = secret && pseudonymsOf(secret);
  }

  /** Notes those of a frame. @param lines its records, each with a newline after it */
  note(lines: Uint8Array, records: number): void {
    const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
    let from = 0;
    for (let i = 0; i < records; i++, this.#ordinal++) {
      const newline = bytes.indexOf(NEWLINE, from);
      const to = newline === -1 ? bytes.byteLength : newline;
      if (to - from > END.byteLength && END.equals(bytes.subarray(to - END.byteLength, to))) {
        const whole = encodeKey(recordName(bytes.toString('utf8', from, to)));
        const key = this.#pseudonyms?.of(whole) ?? whole;
        this.found.push({ key, shard: this.#shard, ordinal: this.#ordinal, isRemoval: true });
      }
      from = to + 1;
    }
  }
}

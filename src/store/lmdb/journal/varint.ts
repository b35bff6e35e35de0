// store at rest: [journal]
//
// Numbers in few bytes: seven bits each, the lowest first; the eighth says that another byte follows. Numbers are of 32 bits.

const BITS = 7;
const MORE = 1 << BITS;
const NUMBER_MAX = 2 ** 32 - 1;

export function writeVarint(out: number[], value: number): void {
  let rest = value;
  for (; rest >= MORE; rest = Math.floor(rest / MORE)) out.push((rest % MORE) | MORE);
  out.push(rest);
}

/** Bytes that are read from front to back. */
export class Varints {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.at === this.bytes.byteLength;
  }

  /** @throws RangeError where there are fewer */
  take(count: number): Uint8Array {
    const end = this.at + count;
    if (end > this.bytes.byteLength) throw new RangeError('it ends too early');
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}

/** @throws RangeError */
export function readVarint(from: Varints): number {
  let value = 0;
  for (let factor = 1; factor <= NUMBER_MAX; factor *= MORE) {
    const byte = from.bytes[from.at++];
    if (byte === undefined) break;
    value += (byte % MORE) * factor;
    if (byte < MORE && value <= NUMBER_MAX) return value;
  }
  throw new RangeError('it has a number that is too large, or ends within one');
}

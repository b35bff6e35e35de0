// [repair]: shards > [entries] > pages > index in place
//
// Which record each line of a text is, where lines are missing: dead records, holes and what could not be read are left out
// before the text is scanned. Kept as stretches of lines whose ordinals follow one another, and only for as long as entries
// of these lines are in the kernel.

export class LineOrdinals {
  /** Of each stretch: its first line, and that line's ordinal. */
  #lines: number[] = [];
  #ordinals: number[] = [];
  /** Lines so far. */
  #next = 0;

  get stretches(): number {
    return this.#lines.length;
  }

  /** Whether the ordinal of each line that may still be asked about is the number of the line. */
  get areLines(): boolean {
    return this.#lines.length === 1 && this.#lines[0] === this.#ordinals[0];
  }

  /** The next `count` lines are records from this ordinal on. */
  add(ordinal: number, count: number): void {
    const last = this.#lines.length - 1;
    const follows = last >= 0 && this.#ordinals[last]! + this.#next - this.#lines[last]! === ordinal;
    if (!follows) {
      this.#lines.push(this.#next);
      this.#ordinals.push(ordinal);
    }
    this.#next += count;
  }

  /** The ordinal of a line; both grow together. */
  of(line: number): number {
    const stretch = this.#stretchOf(line);
    return this.#ordinals[stretch]! + line - this.#lines[stretch]!;
  }

  /** No line before this one is asked about again. */
  forget(line: number): void {
    const stretch = this.#stretchOf(line);
    if (stretch <= 0) return;
    this.#lines = this.#lines.slice(stretch);
    this.#ordinals = this.#ordinals.slice(stretch);
  }

  #stretchOf(line: number): number {
    let low = 0;
    let high = this.#lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#lines[middle]! <= line) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

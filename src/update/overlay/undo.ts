// record > line, keys > [overlay] > pages > transaction
//
// How one transaction of a group is taken back, and no other: each change of the group's state notes what undoes it.

export class Undo {
  #steps: (() => void)[] = [];

  /** @param step takes one change back; later changes are taken back before it */
  add(step: () => void): void {
    this.#steps.push(step);
  }

  /** What was changed so far stays. */
  keep(): void {
    this.#steps = [];
  }

  /** Takes back what was changed since `keep`. */
  takeBack(): void {
    for (const step of this.#steps.reverse()) step();
    this.#steps = [];
  }
}

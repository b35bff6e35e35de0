// record > line, keys > overlay > pages > [transaction]
//
// A queue that may be long: a million puts may wait. `Array.prototype.shift` would move all of them each time.

/** Taken elements that may stay in the array before they are cut off. */
const TAKEN_MAX = 1024;

export class Queue<T> {
  /** Those that were taken are undefined: nothing is to stay alive for them. */
  #elements: (T | undefined)[] = [];
  #taken = 0;

  get length(): number {
    return this.#elements.length - this.#taken;
  }

  push(element: T): void {
    this.#elements.push(element);
  }

  /** Puts elements before all others, in this order. */
  unshift(elements: readonly T[]): void {
    this.#elements = [...elements, ...this.#elements.slice(this.#taken)];
    this.#taken = 0;
  }

  /** Takes the first element; undefined where there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const element = this.#elements[this.#taken];
    this.#elements[this.#taken++] = undefined;
    if (this.#taken > TAKEN_MAX && this.#taken > this.length) {
      this.#elements = this.#elements.slice(this.#taken);
      this.#taken = 0;
    }
    return element;
  }
}

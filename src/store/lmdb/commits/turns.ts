// store at rest: [catalog]
//
// Whose commit threads may hold a write transaction of LMDB for this thread. Before this thread waits for a write
// transaction itself, these are given back: stores of one directory would wait for each other for ever otherwise.

interface Taker {
  giveBack(): void;
}

/** All stores of this thread that have a commit thread. */
export const takers = new Set<Taker>();

/** To be called, in the same turn, before this thread waits for a write transaction of LMDB. */
export function giveBackTurns(): void {
  for (const taker of takers) taker.giveBack();
}

// Keeps a process from ending while somebody awaits something.
//
// What a store does in the background keeps no process alive: its threads and timers are unref-ed. So a promise that waits for
// one of them would never settle in a process that has nothing else to do: Node ends it with exit code 13.

/** The longest time of a timer, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** Keeps the process alive until `work` settles, whatever `work` waits for. */
export async function keptAlive<T>(work: Promise<T>): Promise<T> {
  const alive = setInterval(() => {}, LONGEST_MS);
  try {
    return await work;
  } finally {
    clearInterval(alive);
  }
}

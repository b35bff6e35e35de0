// source > plan > [map > scan > key > frame > shard] > verify > [merge] > publish
//
// Order out of parallelism: starts tasks in order, at most `credits` of them not yet taken, and yields their results in the
// same order. What is in flight is bounded, however long the list. When the consumer stops, or a task fails, `stop` is
// called and what was started is waited for, so that nobody writes a file after we have cleaned up.

export async function* inOrder<T, R>(
  tasks: Iterable<T>,
  credits: number,
  start: (task: T) => Promise<R>,
  stop: () => void,
): AsyncGenerator<{ readonly task: T; readonly result: R }> {
  const waiting = tasks[Symbol.iterator]();
  const started: { task: T; result: Promise<R> }[] = [];
  const startMore = () => {
    while (started.length < credits) {
      const next = waiting.next();
      if (next.done) return;
      const result = start(next.value);
      result.catch(() => {}); // told when its turn comes
      started.push({ task: next.value, result });
    }
  };
  try {
    startMore();
    for (let first = started[0]; first; first = started[0]) {
      const result = await first.result;
      started.shift();
      yield { task: first.task, result };
      startMore();
    }
  } finally {
    if (started.length > 0) stop();
    await Promise.allSettled(started.map(({ result }) => result));
  }
}

// source > plan > [map > scan > key > frame > shard] > verify > [merge] > publish
//
// Order out of parallelism: starts tasks in order, at most `credits` of them not yet taken, and yields their results in the
// same order. What is in flight is bounded, however long the list. When the consumer stops, or a task fails, `stop` is
// called and what was started is waited for, so that nobody writes a file after we have cleaned up.

/** Resolves to undefined, whatever comes of it. */
function settled(promise: Promise<unknown>): Promise<undefined> {
  return promise.then(
    () => undefined,
    () => undefined,
  );
}

export async function* inOrder<T, R>(
  tasks: Iterable<T> | AsyncIterable<T>,
  credits: number,
  start: (task: T) => Promise<R>,
  stop: () => void,
): AsyncGenerator<{ readonly task: T; readonly result: R }> {
  const waiting = Symbol.asyncIterator in tasks ? tasks[Symbol.asyncIterator]() : tasks[Symbol.iterator]();
  const started: { task: T; result: Promise<R> }[] = [];
  let coming: Promise<IteratorResult<T, unknown>> | undefined;
  let isOver = false;
  /** Starts tasks until there are enough, or the first one that was started has its result. */
  const startMore = async () => {
    while (!isOver && started.length < credits) {
      coming ??= Promise.resolve(waiting.next());
      coming.catch(() => {}); // told when it is awaited
      const next = await Promise.race([coming, ...started.slice(0, 1).map(({ result }) => settled(result))]);
      if (next === undefined) return;
      coming = undefined;
      isOver = next.done === true;
      if (next.done) return;
      const result = start(next.value);
      result.catch(() => {}); // told when its turn comes
      started.push({ task: next.value, result });
    }
  };
  try {
    await startMore();
    for (let first = started[0]; first; first = started[0]) {
      const result = await first.result;
      started.shift();
      yield { task: first.task, result };
      await startMore();
    }
  } finally {
    if (started.length > 0 || !isOver) stop();
    await Promise.allSettled(started.map(({ result }) => result));
  }
}

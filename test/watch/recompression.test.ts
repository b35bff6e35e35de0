// Goal: what a watcher compresses between its rounds gives way to the next round, comes again after it, and tells what fails.
// Method: compactions that the test ends.

import { expect, test } from 'vitest';
import { GristmillError } from '../../src/base/errors.js';
import { Recompression } from '../../src/watch/recompression.js';

interface Compacting {
  readonly signal: AbortSignal;
  end(error?: Error): void;
}

function recompressing() {
  const begun: Compacting[] = [];
  const warned: GristmillError[] = [];
  const recompression = new Recompression(
    'records',
    ({ signal }) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve(undefined));
        begun.push({ signal: signal as AbortSignal, end });
        signal?.addEventListener('abort', () => end(new GristmillError('CANCELLED', 'stopped')));
      }),
    { warn: (error) => warned.push(error) },
  );
  return { recompression, begun, warned };
}

test('it runs once for what is due, gives way, and comes again', async () => {
  const { recompression, begun, warned } = recompressing();
  recompression.begin();
  recompression.begin();
  expect(begun).toHaveLength(1);
  begun[0]!.end();
  await recompression.giveWay();
  recompression.begin();
  expect(begun).toHaveLength(1);
  recompression.due();
  recompression.begin();
  expect(begun).toHaveLength(2);
  await recompression.giveWay();
  expect(begun[1]!.signal.aborted).toBe(true);
  recompression.begin();
  expect(begun).toHaveLength(3);
  begun[2]!.end(new GristmillError('DISK_FULL', 'no room'));
  await recompression.giveWay();
  expect(warned.map(({ code }) => code)).toEqual(['DISK_FULL']);
});

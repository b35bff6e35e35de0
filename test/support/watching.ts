// A watcher whose notices and synchronisations are the test's.

import { vi } from 'vitest';
import type { StoreEmitter, StoreEvents } from '../../src/base/events.js';
import type { SyncOptions, SyncReport } from '../../src/sources/sync.js';
import type { NoticesListener } from '../../src/watch/notices.js';
import type { WatchOptions } from '../../src/watch/watch-options.js';
import { startWatcher } from '../../src/watch/watcher.js';

/** A synchronisation under way. */
export interface Syncing {
  readonly options: SyncOptions;
  end(outcome: SyncReport | Error): void;
}

/** A watcher whose surroundings are the test's; the first synchronisation is under way. */
export async function watching(options: WatchOptions = {}, sources = ['/data']) {
  const told: (StoreEvents['watch'] | StoreEvents['warning'])[] = [];
  const syncs: Syncing[] = [];
  let most = 0;
  let running = 0;
  let listener: NoticesListener | undefined;
  let followers = 0;
  const ended = vi.fn();
  const starting = startWatcher(
    {
      sync: (_sources, given) => {
        running++;
        most = Math.max(most, running);
        return new Promise((resolve, reject) => {
          const end = (outcome: SyncReport | Error) => {
            if (!syncs.includes(syncing)) return;
            syncs.splice(syncs.indexOf(syncing), 1);
            running--;
            given.signal?.removeEventListener('abort', cancel);
            if (outcome instanceof Error) reject(outcome);
            else resolve(outcome);
          };
          const syncing = { options: given, end };
          syncs.push(syncing);
          const cancel = () => end(given.signal?.reason);
          given.signal?.addEventListener('abort', cancel);
        });
      },
      compact: async () => {},
      tell: ((_name: string, event: never) => told.push(event)) as StoreEmitter['tell'],
      ended,
      follow: (_followed, given) => {
        listener = given;
        followers++;
        return {
          check: async () => {},
          close: async () => {
            followers--;
          },
        };
      },
    },
    sources,
    options,
  );
  // The file system is asked in real time.
  let failure: unknown;
  starting.catch((error) => {
    failure = error;
  });
  while (syncs.length === 0 && failure === undefined) await new Promise((resolve) => setImmediate(resolve));
  return {
    starting,
    told,
    syncs,
    ended,
    notice: (...paths: string[]) => listener!.noticed(paths),
    failed: (error: Error) => listener!.failed(error),
    followers: () => followers,
    most: () => most,
    paths: () => syncs[0]?.options.paths && [...syncs[0].options.paths],
    take: (path: string, age: number) => syncs[0]!.options.take!(path, { bytes: 1, mtimeMs: Date.now() - age + 0.5 }),
    async end(outcome: SyncReport | Error) {
      syncs[0]!.end(outcome);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

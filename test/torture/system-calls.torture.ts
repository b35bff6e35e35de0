// Goal: whatever system call a process dies before, the store holds exactly the old or the new state, never less than was
// acknowledged, and what was left behind goes away when it is opened again.
// Method: a writer waits with everything loaded; strace is attached to one of its threads and kills the process at that
// thread's n-th call of one name, while it does one operation. A census before says how many calls there are; each of
// them is a kill point, on a store copied from the same template; a part of them with TORTURE_PART.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInPart } from '../support/effort.js';
import { missing, scratchDirectory, Template } from './harness.js';
import { runTraced, threadsOf } from './strace.js';

/** Every call by which a store changes on disk, or becomes durable. */
const CALLS = [
  ...['openat', 'write', 'pwrite64', 'pwritev', 'fsync', 'fdatasync', 'msync', 'rename', 'renameat2', 'link'],
  ...['unlink', 'unlinkat', 'ftruncate', 'fallocate', 'mkdir', 'mkdirat', 'rmdir'],
];
const OPERATIONS = ['replace', 'upsert', 'transaction', 'put', 'compact'] as const;

const lacks = missing('strace');

describe.skipIf(lacks)(`system calls as kill points${lacks ? ` (${lacks})` : ''}`, () => {
  const directory = scratchDirectory();
  afterAll(() => directory.remove());

  describe.each(OPERATIONS)('%s', (kind) => {
    let template: Template;
    beforeAll(async () => {
      template = await Template.make(directory.path, kind);
    });
    const waiting = () => template.waiting({ inline: true });

    /** How often each thread (by its position) makes each call during the operation. */
    async function census(): Promise<{ readonly thread: number; readonly call: string; readonly times: number }[]> {
      const { writer } = await waiting();
      const threads = threadsOf(writer.pid);
      const log = await runTraced(writer, threads, ['-f', '-e', `trace=${CALLS}`], template.n);
      await writer.kill();
      const counts = new Map<string, number>();
      for (const [, pid, call] of log.matchAll(/^\[pid +(\d+)\] (\w+)\(/gm)) {
        const thread = threads.indexOf(Number(pid));
        // Threads that begin meanwhile are those of the pool, which has nothing to do here.
        if (thread === -1) continue;
        const key = `${thread} ${call}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return [...counts].map(([key, times]) => {
        const [thread, call] = key.split(' ') as [string, string];
        return { thread: Number(thread), call, times };
      });
    }

    test('killed before every call', async () => {
      const points = await census();
      expect(points.length).toBeGreaterThan(2);
      let kills = 0;
      let at = 0;
      let next = waiting();
      for (const { thread, call, times } of points) {
        for (let when = 1; when <= times; when++) {
          if (!isInPart(at++)) continue;
          const { store, writer } = await next;
          next = waiting();
          const traced = threadsOf(writer.pid)[thread] as number;
          const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${when}`];
          await runTraced(writer, [traced], inject, template.n);
          const { signal } = writer.process.signalCode === null ? await writer.kill() : await writer.ended;
          expect(signal).toBe('SIGKILL');
          kills++;
          await template.check(store, writer).catch((cause) => {
            throw new Error(`killed before ${call} number ${when} of thread ${thread}: ${cause.message}`, { cause });
          });
        }
      }
      await (await next).writer.kill();
      console.log(
        `kill points of ${kind}: ${kills} of ${at} (${points.map(({ call, times }) => `${call} ${times}`).join(', ')})`,
      );
    });
  });
});

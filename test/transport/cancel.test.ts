// Goal: a signal, or a consumer that stops, ends everything at once: connections are closed, nothing is left over that could
// fail later, and the process may end.
// Method: a server that hangs at each stage of an answer; it says when a request has reached that stage, so nothing waits for
// time. A child process reads a little and ends on its own.
//
// @node all: an aborted answer ends in another way in each version

import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRemote } from '../../src/import/transport/remote.js';
import { ROOT } from '../support/cli.js';
import { answerHead, collect, serve, serveWell, TestClock, type Version } from '../support/remote-server.js';

const BYTES = Buffer.alloc(100_000, 'x');
const PINNED: Version = { bytes: BYTES, etag: '"one"' };
const UNPINNED: Version = { bytes: BYTES };

/** A server that hangs after opening: before it answers, after the head, or in the middle of the bytes. */
async function hanging(stage: 'request' | 'head' | 'body', version: Version) {
  let reached = () => {};
  const atStage = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const server = await serve((request, response, number) => {
    if (number === 0) return serveWell(request, response, version);
    if (stage === 'request') return reached();
    const body = answerHead(request, response, version)!;
    if (stage === 'head') response.flushHeaders();
    else response.write(body.subarray(0, 1000));
    reached();
  });
  const clock = new TestClock();
  const object = await openRemote(server.url, { rangeBytes: 10_000, clock });
  return { ...server, object, atStage, clock };
}

/** Errors that nobody waits for, from now on. */
function unhandled(): unknown[] {
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  return errors;
}

const STAGES = (['request', 'head', 'body'] as const).flatMap((stage) =>
  [PINNED, UNPINNED].map((version) => [stage, version === PINNED ? 'ranges' : 'one answer', version] as const),
);

describe('a signal', () => {
  test.each(STAGES)('at the stage %s, of %s', async (stage, _, version) => {
    const errors = unhandled();
    const { object, atStage, quiet, clock } = await hanging(stage, version);
    const stop = new AbortController();
    const reading = collect(object.sequence({ signal: stop.signal })).catch((error) => error);
    await atStage;
    stop.abort('reason');
    expect(await reading).toMatchObject({ code: 'CANCELLED', cause: 'reason' });
    await quiet();
    expect(clock.timers).toBe(0);
    expect(errors).toEqual([]);
  });

  test('of a range', async () => {
    const { object, atStage, quiet } = await hanging('body', PINNED);
    const stop = new AbortController();
    const reading = object.range(0, 50_000, stop.signal).catch((error) => error);
    await atStage;
    stop.abort();
    expect(await reading).toMatchObject({ code: 'CANCELLED' });
    await quiet();
  });

  test('while it opens', async () => {
    const stop = new AbortController();
    const { url, quiet } = await serve(() => stop.abort());
    await expect(openRemote(url, { signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    await quiet();
  });

  test('in a pause between two attempts', async () => {
    const stop = new AbortController();
    const clock = new TestClock();
    clock.paused = () => stop.abort();
    const { url, requests } = await serve((_request, response) => response.writeHead(503).end());
    await expect(openRemote(url, { signal: stop.signal, clock })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(requests).toHaveLength(1);
  });

  test('that is there before: nothing is asked for', async () => {
    const { url, requests } = await serve((request, response) => serveWell(request, response, PINNED));
    await expect(openRemote(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    const object = await openRemote(url);
    const reading = collect(object.sequence({ signal: AbortSignal.abort() }));
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(requests).toHaveLength(1);
  });

  test('while the consumer works: its next chunk is the error, never the end', async () => {
    for (const version of [PINNED, UNPINNED]) {
      const { url, quiet } = await serve((request, response) => serveWell(request, response, version));
      const object = await openRemote(url, { rangeBytes: 10_000 });
      const stop = new AbortController();
      const read = async () => {
        for await (const _ of object.sequence({ signal: stop.signal, parallel: 1 })) stop.abort();
      };
      await expect(read()).rejects.toMatchObject({ code: 'CANCELLED' });
      await quiet();
    }
  });

  test.each([20_000, 100_000])('when %i bytes of unknown length have come and are not read', async (length) => {
    let rest = (_then: () => void) => {};
    const { url } = await serve((_request, response) => {
      response.write('first');
      rest = (then) => void response.end(BYTES.subarray(0, length), then);
    });
    const object = await openRemote(url);
    const stop = new AbortController();
    const iterator = object.sequence({ signal: stop.signal })[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(Buffer.from('first'));
    await new Promise<void>((resolve) => rest(resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await expect(collect({ [Symbol.asyncIterator]: () => iterator })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a consumer that stops', () => {
  test.each([PINNED, UNPINNED])('between two chunks', async (version) => {
    const errors = unhandled();
    const { url, quiet } = await serve((request, response, number) => {
      if (number < 2) return serveWell(request, response, version);
      response.write(answerHead(request, response, version)!.subarray(0, 1000));
    });
    const object = await openRemote(url, { rangeBytes: 10_000 });
    for await (const chunk of object.sequence()) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    await quiet();
    expect(errors).toEqual([]);
  });

  test.each(STAGES)('while it waits, at the stage %s, of %s', async (stage, _, version) => {
    const errors = unhandled();
    const { object, atStage, quiet } = await hanging(stage, version);
    const iterator = object.sequence()[Symbol.asyncIterator]();
    // In the middle of one answer, the first chunk is there already.
    if (stage === 'body' && version === UNPINNED) await iterator.next();
    const waiting = iterator.next().catch((error) => error);
    await atStage;
    await iterator.return?.();
    expect(await waiting).toMatchObject({ code: 'CANCELLED' });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    await quiet();
    expect(errors).toEqual([]);
  });

  test('leaves nothing on a signal that lives longer', async () => {
    const { url } = await serve((request, response) => serveWell(request, response, PINNED));
    const object = await openRemote(url, { rangeBytes: 10_000 });
    const { signal } = new AbortController();
    await collect(object.sequence({ signal }));
    for await (const _ of object.sequence({ signal })) break;
    await object.range(0, 10, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

test('a process ends on its own after it has stopped reading', async () => {
  const { url } = await serve((request, response, number) => {
    if (number < 2) return serveWell(request, response, PINNED);
    response.write(answerHead(request, response, PINNED)!.subarray(0, 1000));
  });
  const program = `
    import { openRemote } from ${JSON.stringify(pathToFileURL(`${ROOT}dist/src/import/transport/remote.js`).href)};
    const object = await openRemote(process.argv[1], { rangeBytes: 10_000 });
    for await (const chunk of object.sequence()) { console.log(chunk.byteLength); break; }
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, url]);
  expect(stdout).toBe('10000\n');
});

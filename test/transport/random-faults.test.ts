// Goal: under any misbehaviour of a server the result is the exact bytes of one version, or SOURCE_CHANGED where the object was
// replaced; and what is fetched twice is little. Never other bytes, never fewer.
// Method: seeds decide what the server does to each request, and when the object is replaced. The oracle is the object itself.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { STALL_MS } from '../../src/base/limits.js';
import { openRemote } from '../../src/import/transport/remote.js';
import { runs, seedOfTurn } from '../support/effort.js';
import { pick, type Random, randomFrom } from '../support/random.js';
import { answerHead, collect, partOf, serve, serveWell, TestClock, type Version } from '../support/remote-server.js';

const BYTES = 2_000_000;
const RANGE_BYTES = 20_000;
const NEVER = Number.POSITIVE_INFINITY;
/** Of a hundred requests, this many have a fault. */
const FAULTS_PERCENT = 5;

interface Case {
  readonly random: Random;
  readonly clock: TestClock;
  /** Bytes of bodies that the server has handed to the connection. */
  sent: number;
  now: Version;
}

type Fault = (request: IncomingMessage, response: ServerResponse, state: Case) => void;

/** Sends a part of what it should, and then does something. */
const broken =
  (then: (response: ServerResponse, state: Case) => void): Fault =>
  (request, response, state) => {
    const body = answerHead(request, response, state.now);
    if (body === undefined) return;
    const some = body.subarray(0, state.random(body.byteLength));
    state.sent += some.byteLength;
    response.write(some, () => then(response, state));
  };

const stall = (response: ServerResponse, state: Case, pauses = state.clock.pauses.length): void => {
  if (response.destroyed || state.clock.pauses.length > pauses) return;
  state.clock.advance(STALL_MS * 3);
  setImmediate(stall, response, state, pauses);
};

const FAULTS: readonly Fault[] = [
  (request) => request.socket.resetAndDestroy(),
  broken((response) => response.socket?.destroy()),
  broken((response) => response.socket?.resetAndDestroy()),
  (_request, response) => response.writeHead(503, { 'retry-after': '1' }).end('<Error><Code>SlowDown</Code></Error>'),
  (_request, response) => response.writeHead(500).end(),
  // Another part than was asked for; for the first one it is the same.
  (request, response, { now, random }) => {
    const { from, to } = partOf(request, BYTES) ?? { from: 0, to: BYTES };
    const start = Math.max(0, from - 1 - random(9));
    const part = now.bytes.subarray(start, start + to - from);
    const range = `bytes ${start}-${start + part.byteLength - 1}/${BYTES}`;
    response.writeHead(206, { etag: now.etag, 'content-range': range }).end(part);
  },
  (request, response, { now, random }) => {
    const { from, to } = partOf(request, BYTES) ?? { from: 0, to: BYTES };
    const range = `bytes ${from}-${to - 1}/${BYTES}`;
    const end = from + random(to - from);
    response.writeHead(206, { etag: now.etag, 'content-range': range }).end(now.bytes.subarray(from, end));
  },
];

/** Time passes for all connections at once, so that those beside a stall stall too. */
const FAULTS_AND_STALLS = [...FAULTS, broken(stall)];

function version(random: Random, name: number): Version {
  const bytes = Buffer.alloc(BYTES);
  for (let at = 0; at < BYTES; at += 4) bytes.writeUInt32LE(random(2 ** 32), at);
  return { bytes, etag: `"version-${name}"` };
}

interface Changes {
  readonly faults?: readonly Fault[];
  /** The request before which the object is replaced. */
  readonly replacedAt?: number;
  /** The request from which on ranges are ignored. */
  readonly ignoresAt?: number;
}

async function serveBadly(
  seed: number,
  { faults = FAULTS_AND_STALLS, replacedAt = NEVER, ignoresAt = NEVER }: Changes,
) {
  const random = randomFrom(seed);
  const first = version(random, 1);
  const second = version(random, 2);
  const state: Case = { random, clock: new TestClock(), sent: 0, now: first };
  const { url } = await serve((request, response, number) => {
    if (number >= replacedAt) state.now = second;
    if (number >= ignoresAt) delete request.headers.range;
    if (random(100) < FAULTS_PERCENT) return pick(random, faults)(request, response, state);
    const part = partOf(request, BYTES) ?? { from: 0, to: BYTES };
    state.sent += part.to - part.from;
    serveWell(request, response, state.now);
  });
  const read = async () => {
    const object = await openRemote(url, { rangeBytes: RANGE_BYTES, clock: state.clock });
    return collect(object.sequence({ parallel: 1 + random(5) }));
  };
  return { first, second, state, read };
}

const SEEDS = Array.from({ length: runs(12) }, (_, i) => seedOfTurn(i + 1));

describe('under random faults', () => {
  let pauses = 0;

  test.each(SEEDS)('seed %i: the exact bytes, and at most a tenth more is fetched', async (seed) => {
    const { first, state, read } = await serveBadly(seed, { faults: FAULTS });
    expect((await read()).equals(first.bytes)).toBe(true);
    expect(state.sent).toBeLessThanOrEqual(BYTES * 1.1);
    expect(state.clock.timers).toBe(0);
    pauses += state.clock.pauses.length;
  });

  test('there were faults to survive', () => {
    expect(pauses).toBeGreaterThan(SEEDS.length);
  });

  test.each(SEEDS)('seed %i: an object that is replaced is an error, or was read before or after', async (seed) => {
    const { first, second, read } = await serveBadly(seed, { replacedAt: randomFrom(seed)(105) });
    const result = await read().catch((error) => error);
    const isOne = Buffer.isBuffer(result) && (result.equals(first.bytes) || result.equals(second.bytes));
    expect(isOne || result.code === 'SOURCE_CHANGED').toBe(true);
  });

  test.each(SEEDS)('seed %i: a server that forgets ranges gives the exact bytes', async (seed) => {
    const { first, read } = await serveBadly(seed, { ignoresAt: randomFrom(seed)(105) });
    expect((await read()).equals(first.bytes)).toBe(true);
  });
});

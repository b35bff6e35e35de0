// A web server of ours that serves one object as it should, and misbehaves where a test says so; and a clock on which time
// passes when a test says so, so that no test waits.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/import/transport/http/clock.js';

/** Pauses take no time and are noted; timers fire when the test moves the time. */
export class TestClock implements Clock {
  readonly pauses: number[] = [];
  /** Called with each pause. */
  paused: (() => void) | undefined;
  readonly #timers = new Set<{ at: number; callback: () => void }>();
  #now = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#now;
  }

  /** Just below 1: pauses are as long as they can be. */
  random(): number {
    return 1 - 2 ** -20;
  }

  async pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    this.pauses.push(Math.round(milliseconds));
    this.paused?.();
    signal?.throwIfAborted();
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers there are: none, when nothing is under way. */
  get timers(): number {
    return this.#timers.size;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer);
      timer.callback();
    }
  }
}

export interface Served {
  readonly url: string;
  readonly server: Server;
  /** Requests, in the order in which they came. */
  readonly requests: IncomingMessage[];
  /** Open connections. */
  connections(): number;
  /** Resolves when there is no connection with a request under way. */
  quiet(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse, number: number) => void;

/** A server on the loopback, closed after the test. Handlers get the number of their request, from 0. */
export async function serve(handler: Handler): Promise<Served> {
  const requests: IncomingMessage[] = [];
  let underWay = 0;
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    underWay++;
    response.on('close', () => {
      underWay--;
      if (underWay === 0) for (const resolve of waiting.splice(0)) resolve();
    });
    response.on('error', () => {}); // the other side has gone
    handler(request, response, requests.push(request) - 1);
  });
  onTestFinished(() => shut(server));
  return { ...(await listening(server)), server, requests, connections: () => underWay, quiet };

  function quiet(): Promise<void> {
    return underWay === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
  }
}

export async function listening(server: Server): Promise<{ url: string }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.json` };
}

export function shut(server: Server): void {
  server.close();
  server.closeAllConnections();
}

export interface Version {
  readonly bytes: Buffer;
  readonly etag?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request asks for of an object: its first byte, and the one after its last. */
export function partOf(request: IncomingMessage, length: number): { from: number; to: number } | undefined {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  return match === null ? undefined : { from: Number(match[1]), to: Math.min(Number(match[2]) + 1, length) };
}

/** The heads of answers as they should be: of a server with ranges that knows If-Match. @returns the bytes to send, if any */
export function answerHead(request: IncomingMessage, response: ServerResponse, version: Version): Buffer | undefined {
  const { bytes, etag, headers = {} } = version;
  for (const [name, value] of Object.entries({ ...(etag && { etag }), ...headers })) response.setHeader(name, value);
  const pinned = request.headers['if-match'];
  if (pinned !== undefined && pinned !== etag) {
    response.writeHead(412).end();
    return undefined;
  }
  const part = partOf(request, bytes.byteLength);
  if (part === undefined) {
    response.writeHead(200, { 'content-length': bytes.byteLength });
    return bytes;
  }
  if (part.from >= bytes.byteLength) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.byteLength}` }).end();
    return undefined;
  }
  const length = part.to - part.from;
  const range = `bytes ${part.from}-${part.to - 1}/${bytes.byteLength}`;
  response.writeHead(206, { 'content-length': length, 'content-range': range });
  return bytes.subarray(part.from, part.to);
}

/** Serves an object as it should be. */
export function serveWell(request: IncomingMessage, response: ServerResponse, version: Version): void {
  const bytes = answerHead(request, response, version);
  if (bytes !== undefined) response.end(bytes);
}

/** All bytes of a sequence. */
export async function collect(sequence: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of sequence) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Attempts: what may pass is tried again, after a pause of random length (full jitter, so that many readers of one server do
// not come back together), or after as long as the server asks for.

import { GristmillError } from '../../../base/errors.js';
import { PAUSE_MS_FIRST, PAUSE_MS_MAX, RETRY_AFTER_MS_MAX } from '../../../base/limits.js';
import type { Clock } from './clock.js';

/** An attempt that failed, and another one may succeed. It leaves the transport only as the cause of an error. */
export class Passing extends Error {
  /** Milliseconds that the server asks us to wait. */
  readonly waitMs: number;

  constructor(message: string, { waitMs = 0, cause }: { waitMs?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.waitMs = waitMs;
  }
}

/** Errors of a connection that another one may not have. All others (certificates, TLS versions) stay as they are. */
const PASSING_CODES = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EAI_AGAIN', 'ENOTFOUND', 'EAI_FAIL'],
]);

/** What is tried, for the errors about it. */
export interface Trial {
  readonly shown: string;
  /** How many attempts there are. */
  readonly most: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

export class Attempts {
  readonly #trial: Trial;
  #failed = 0;

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  /** What failed, if another attempt may succeed. @throws CANCELLED, SOURCE_UNREACHABLE, or the error itself, otherwise */
  passing(error: unknown): Passing {
    const { shown, signal } = this.#trial;
    if (signal?.aborted) throw cancelled(shown, signal);
    return asPassing(error, shown);
  }

  /** An attempt has failed: returns when it is time for the next. @throws CANCELLED, SOURCE_UNREACHABLE */
  async failed(passing: Passing): Promise<void> {
    const { shown, most, clock, signal } = this.#trial;
    this.#failed++;
    if (this.#failed >= most) {
      throw unreachable(shown, `${passing.message}, at the last of ${most} attempts`, passing.cause ?? passing);
    }
    if (passing.waitMs > RETRY_AFTER_MS_MAX) {
      const asked = `${passing.message} and asks to wait ${Math.round(passing.waitMs / 1000)} seconds`;
      throw unreachable(shown, `${asked}; gristmill waits ${RETRY_AFTER_MS_MAX / 1000} at most`, passing);
    }
    const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS_FIRST * 2 ** (this.#failed - 1));
    const pause = Math.max(passing.waitMs, clock.random() * longest);
    await clock.pause(pause, signal).catch(() => {
      throw cancelled(shown, signal);
    });
  }
}

/** Does the work until an attempt succeeds. @throws CANCELLED, SOURCE_UNREACHABLE, and what else the work throws */
export async function attempted<T>(trial: Trial, work: () => Promise<T>): Promise<T> {
  const attempts = new Attempts(trial);
  for (;;) {
    if (trial.signal?.aborted) throw cancelled(trial.shown, trial.signal);
    try {
      return await work();
    } catch (error) {
      await attempts.failed(attempts.passing(error));
    }
  }
}

/** @throws the error, unless another attempt may succeed */
function asPassing(error: unknown, shown: string): Passing {
  if (error instanceof Passing) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isOfConnection = error instanceof Error && typeof code === 'string' && !(error instanceof TypeError);
  if (!isOfConnection || error instanceof GristmillError) throw error;
  // HPE: the answer was no HTTP, as that of a proxy that breaks down.
  if (!PASSING_CODES.has(code) && !code.startsWith('HPE_')) {
    throw unreachable(shown, `the connection failed (${code}: ${error.message})`, error);
  }
  return new Passing(`the connection failed (${code})`, { cause: error });
}

function unreachable(shown: string, reason: string, cause: unknown): GristmillError {
  const message = `${shown} could not be read: ${reason}. Check the address and the network, and try again.`;
  return new GristmillError('SOURCE_UNREACHABLE', message, { file: shown, cause });
}

export function cancelled(shown: string, signal: AbortSignal | undefined): GristmillError {
  return new GristmillError('CANCELLED', `reading ${shown} was cancelled`, { file: shown, cause: signal?.reason });
}

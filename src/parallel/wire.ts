// How an answer crosses the thread border. Structured cloning keeps an error's message and drops its code and facts, so
// errors travel as plain values and are rebuilt on the other side.

import { type ErrorCode, GristmillError } from '../base/errors.js';

interface PlainError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly stack?: string;
  readonly facts: Record<string, unknown>;
}

/** What a worker answers. */
export type Answer<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: PlainError };

/** What work throws that was stopped: its result is of no use to anyone. */
export class Cancelled extends Error {}

/** Worker side: runs `work` and makes an answer of what it returns or throws. */
export function answer<T>(work: () => T): Answer<T> {
  try {
    return { kind: 'done', value: work() };
  } catch (error) {
    return failed(error);
  }
}

/** The same of work that takes turns. */
export async function answerLater<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: 'done', value: await work() };
  } catch (error) {
    return failed(error);
  }
}

/** The answer of work that threw this. */
export function failed(error: unknown): Answer<never> {
  if (error instanceof Cancelled) return { kind: 'cancelled' };
  return { kind: 'failed', error: toPlain(error) };
}

/** Coordinator side: the value. @throws GristmillError the worker threw; CANCELLED; another Error: a fault, not an answer */
export function unwrap<T>(answered: Answer<T>): T {
  switch (answered.kind) {
    case 'done':
      return answered.value;
    case 'cancelled':
      throw cancelledError();
    case 'failed':
      throw fromPlain(answered.error);
  }
}

export function cancelledError(
  cause?: unknown,
  message = 'The import was cancelled; the store was not changed.',
): GristmillError {
  return new GristmillError('CANCELLED', message, { cause });
}

function toPlain(error: unknown): PlainError {
  if (!(error instanceof GristmillError)) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { message, facts: {}, ...(stack && { stack }) };
  }
  const { code, message, file, offset, line, record, reason, snippet, bytesNeeded } = error;
  return { code, message, facts: { file, offset, line, record, reason, snippet, bytesNeeded } };
}

function fromPlain({ code, message, stack, facts }: PlainError): Error {
  if (code) return new GristmillError(code, message, facts);
  const error = new Error(message);
  if (stack) error.stack = stack;
  return error;
}

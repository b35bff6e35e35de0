// What a failing import rejects with, as plain facts to compare.

import type { GristmillError } from '../../src/base/errors.js';

/** The error a promise rejects with; fails when it resolves. */
export async function errorOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error('it should have failed');
}

/** The fields of a GristmillError that an oracle knows; any other error as its text. */
export function factsOf(error: unknown): Record<string, unknown> {
  if ((error as Error)?.name !== 'GristmillError') return { error: String(error), stack: (error as Error).stack };
  const { code, offset, line, record, reason, snippet } = error as GristmillError;
  return { code, offset, line, record, reason, snippet };
}

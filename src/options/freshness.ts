// Freshness: how new the state must be that a read sees. A read may be given one each time, so checking it costs next to
// nothing.

/**
 * The state that a read sees after a publication. "immediate": the newest state. "warm": the state served so far, until the
 * hot set of the newest state is in memory. `{ maxStaleMs }`: as "warm", but never a state that was replaced more than
 * `maxStaleMs` milliseconds ago.
 */
export type Freshness = 'immediate' | 'warm' | { readonly maxStaleMs: number };

/** @param name begins the message. @throws TypeError */
export function checkFreshness(value: unknown, name: string): asserts value is Freshness {
  if (value === 'immediate' || value === 'warm' || isMaxStale(value)) return;
  throw new TypeError(`${name} must be "immediate", "warm" or { maxStaleMs: milliseconds }`);
}

function isMaxStale(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const age = (value as { readonly maxStaleMs?: unknown }).maxStaleMs;
  return typeof age === 'number' && age >= 0 && Object.keys(value).length === 1;
}

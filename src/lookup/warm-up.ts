// hot places > hot set > [frames]
//
// `store.warm`, and what happens in the background when a store is opened: what to load, and how much of it (warm.ts loads).

import { GristmillError } from '../errors.js';
import type { StoreEmitter } from '../events.js';
import { type CachesOptions, cacheOptionsOf } from '../options.js';
import type { KeyValue } from '../store/key.js';
import { DEFAULT_COLLECTION } from './collection.js';
import { READ_WEIGHT } from './hot-places.js';
import type { CollectionHotKey } from './hot-set-file.js';
import type { Lookup } from './lookup.js';
import type { RangeOptions } from './range.js';
import { hotSteps, rangeSteps, Warming, type WarmReport, type WarmStep, wholeSteps } from './warm.js';

/** What to load: keys, a range, or the whole of one collection; without any of these the hot set that was saved. */
export interface WarmOptions extends Omit<RangeOptions, 'freshness'> {
  /** Default: `records`; for the hot set all collections. */
  readonly collection?: string;
  readonly keys?: readonly KeyValue[];
  readonly whole?: boolean;
  /** Bytes of frames, at most, those in memory already included. Default: as many as the frame cache holds; for the hot set option `warmBytes`. */
  readonly maxBytes?: number;
  /** Milliseconds to take, at most. Default: no limit; for the hot set option `warmMs`. */
  readonly maxMs?: number;
  /** Ends it: what is loaded stays loaded. */
  readonly signal?: AbortSignal;
}

/** What warming needs of its store. */
export interface WarmContext {
  readonly options: CachesOptions & { readonly warmBytes: number; readonly warmMs: number };
  /** What reads use. @throws GristmillError COLLECTION_NOT_FOUND */
  lookup(name: string): Lookup;
  /** The hot set that was saved. */
  hotKeys(): Promise<readonly CollectionHotKey[]>;
}

const NAMES = new Set([
  ...['collection', 'keys', 'whole', 'maxBytes', 'maxMs', 'signal'],
  ...['index', 'gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit'],
]);

/**
 * @param closing the store is being closed.
 * @throws GristmillError COLLECTION_NOT_FOUND, INDEX_NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR, CANCELLED, STORE_CLOSED; TypeError
 */
export async function warm(context: WarmContext, given: WarmOptions, closing: AbortSignal): Promise<WarmReport> {
  checkOptions(given);
  const { collection, keys, whole = false, maxBytes, maxMs, signal: cancelled, ...range } = given;
  const isHotSet = keys === undefined && !whole && !isRange(range);
  const { warmBytes, warmMs } = context.options;
  const { frameCacheBytes } = cacheOptionsOf(context.options, collection ?? DEFAULT_COLLECTION);
  const signal = cancelled === undefined ? closing : AbortSignal.any([cancelled, closing]);
  const warming = new Warming({
    bytes: maxBytes ?? (isHotSet ? warmBytes : frameCacheBytes),
    milliseconds: maxMs ?? (isHotSet ? warmMs : Number.POSITIVE_INFINITY),
    signal,
  });
  await warming.run(await stepsOf());
  if (closing.aborted) throw closing.reason;
  if (cancelled?.aborted) throw new GristmillError('CANCELLED', 'warming was cancelled', { cause: cancelled.reason });
  if (warming.error !== undefined) throw warming.error;
  return warming.report;

  async function stepsOf(): Promise<Generator<WarmStep>> {
    if (isHotSet) return hotSetSteps(context, collection);
    const name = collection ?? DEFAULT_COLLECTION;
    const lookup = context.lookup(name);
    if (whole) return wholeSteps(lookup);
    if (keys === undefined) return rangeSteps(lookup, range);
    return hotSteps(
      keys.map((key) => ({ collection: name, key, weight: READ_WEIGHT })),
      () => lookup,
    );
  }
}

/** When a store is opened: loads the hot set. Never fails: it warns. */
export async function warmAtStart(context: WarmContext, events: StoreEmitter, closing: AbortSignal): Promise<void> {
  const { warmBytes, warmMs } = context.options;
  const warming = new Warming({ bytes: warmBytes, milliseconds: warmMs, signal: closing });
  try {
    await warming.run(await hotSetSteps(context));
    if (warming.error !== undefined) throw warming.error;
  } catch (error) {
    if (error instanceof GristmillError && !closing.aborted) events.tell('warning', { about: 'warm', error });
  }
}

/** Of the collections there are still. */
async function hotSetSteps(context: WarmContext, only?: string): Promise<Generator<WarmStep>> {
  const lookups = new Map<string, Lookup | undefined>();
  const lookupOf = (name: string): Lookup | undefined => {
    if (!lookups.has(name)) lookups.set(name, lookupIfAny(context, name));
    return lookups.get(name);
  };
  const keys = await context.hotKeys();
  return hotSteps(only === undefined ? keys : keys.filter(({ collection }) => collection === only), lookupOf);
}

function lookupIfAny(context: WarmContext, name: string): Lookup | undefined {
  try {
    return context.lookup(name);
  } catch (error) {
    if (error instanceof GristmillError && error.code === 'COLLECTION_NOT_FOUND') return undefined;
    throw error;
  }
}

function isRange(range: Omit<RangeOptions, 'freshness'>): boolean {
  return Object.values(range).some((value) => value !== undefined);
}

function checkOptions({ collection, keys, whole, maxBytes, maxMs, signal, ...range }: WarmOptions): void {
  for (const name of Object.keys(range)) if (!NAMES.has(name)) throw new TypeError(`warm has no option ${name}`);
  if (collection !== undefined && typeof collection !== 'string') throw new TypeError('collection must be a string');
  if (keys !== undefined && !Array.isArray(keys)) throw new TypeError('keys must be an array');
  if (whole !== undefined && typeof whole !== 'boolean') throw new TypeError('whole must be true or false');
  for (const [name, value] of Object.entries({ maxBytes, maxMs })) {
    if (value !== undefined && !(value >= 0)) throw new TypeError(`${name} must be a number, 0 or more`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('signal must be an AbortSignal');
  if (Number(keys !== undefined) + Number(whole === true) + Number(isRange(range)) > 1) {
    throw new TypeError('give keys, a range or whole, not several of them');
  }
}

// hot places > hot set > [frames]
//
// `store.warm`, and what happens in the background when a store is opened: what to load, and how much of it (warm.ts loads).

import { GristmillError } from '../../base/errors.js';
import type { StoreEmitter } from '../../base/events.js';
import { checkNameToFind, DEFAULT_COLLECTION } from '../../base/names.js';
import type { KeyValue } from '../../keys/encode.js';
import { checkedOptions, list, type OptionTable } from '../../options/check.js';
import { either, LONG_WORK } from '../../options/shared.js';
import { type CachesOptions, cacheOptionsOf } from '../../options/store.js';
import { READ_WEIGHT } from '../cache/hot-places.js';
import { BOUNDS_OPTIONS, type RangeOptions, resolveBounds } from '../index/range.js';
import type { Lookup } from '../lookup.js';
import type { CollectionHotKey } from './hot-set-file.js';
import { hintSteps, hotSteps, rangeSteps, Warming, type WarmReport, type WarmStep, wholeSteps } from './warm.js';

/** Options of `store.warm`: `keys`, a range, or `whole`. Without any of these, the saved hot set is loaded. */
export interface WarmOptions extends Omit<RangeOptions, 'freshness' | 'after'> {
  /** The collection to load. Default "records"; for the hot set, all collections. */
  readonly collection?: string | undefined;
  /** The primary keys of the records to load. */
  readonly keys?: readonly KeyValue[] | undefined;
  /** Whether to load all records of the collection. Default false. */
  readonly whole?: boolean | undefined;
  /**
   * The greatest number of bytes of frames, including frames that are already in memory. Default: the size of the frame
   * cache; for the hot set, option `warmBytes`.
   */
  readonly maxBytes?: number | undefined;
  /** The longest time in milliseconds. Default: no limit; for the hot set, option `warmMs`. */
  readonly maxMs?: number | undefined;
  /** Cancels the loading: it rejects with CANCELLED. The loaded frames stay loaded. */
  readonly signal?: AbortSignal | undefined;
}

/** The parts of a store that warming needs. */
export interface WarmContext {
  readonly options: CachesOptions & { readonly warmBytes: number; readonly warmMs: number };
  /** The read path that reads use. @throws GristmillError COLLECTION_NOT_FOUND */
  lookup(name: string): Lookup;
  /** The hot set that was saved. */
  hotKeys(): Promise<readonly CollectionHotKey[]>;
}

const BUDGET = { type: 'number', default: undefined, min: 0, max: Number.POSITIVE_INFINITY } as const;
const WARM_OPTIONS = {
  collection: {
    type: 'text',
    default: undefined,
    check: checkNameToFind,
    meaning: 'collection to load; unset: records, or all collections',
  },
  keys: list<KeyValue>('keys of records'),
  whole: { type: 'boolean', default: false, meaning: 'load all records' },
  maxBytes: {
    ...BUDGET,
    meaning: 'greatest number of bytes of frames to load; unset: the size of their cache (hot set: option warmBytes)',
  },
  maxMs: { ...BUDGET, meaning: 'longest time in milliseconds; unset: no limit (hot set: option warmMs)' },
  ...LONG_WORK,
  ...BOUNDS_OPTIONS,
} as const satisfies OptionTable;

/** @throws TypeError */
function resolveWarmOptions(given: WarmOptions | undefined) {
  const { collection, keys, whole, maxBytes, maxMs, signal, ...range } = checkedOptions('warm', WARM_OPTIONS, given);
  if (Number(keys !== undefined) + Number(whole === true) + Number(Object.keys(range).length > 0) > 1) {
    throw new TypeError('give only one of keys, a range, or whole');
  }
  resolveBounds(range);
  return { collection, keys, whole, maxBytes, maxMs, signal, range };
}

/**
 * @param closing the store is being closed.
 * @throws GristmillError COLLECTION_NOT_FOUND, INDEX_NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR, CANCELLED, STORE_CLOSED; TypeError
 */
export async function warm(
  context: WarmContext,
  given: WarmOptions | undefined,
  closing: AbortSignal,
): Promise<WarmReport> {
  const { collection, keys, whole, maxBytes, maxMs, signal: cancelled, range } = resolveWarmOptions(given);
  const isHotSet = keys === undefined && whole !== true && Object.keys(range).length === 0;
  // Also for the hot set: one that is not there has none.
  if (collection !== undefined) context.lookup(collection);
  const { warmBytes, warmMs } = context.options;
  const { frameCacheBytes } = cacheOptionsOf(context.options, collection ?? DEFAULT_COLLECTION);
  const signal = either(cancelled, closing) as AbortSignal;
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
    const lookupNow = (): Lookup => context.lookup(name);
    lookupNow(); // of a collection that is not there nothing is warmed
    if (whole) return wholeSteps(lookupNow);
    if (keys === undefined) return rangeSteps(lookupNow, range);
    return hotSteps(
      keys.map((key) => ({ collection: name, key, weight: READ_WEIGHT })),
      (asked) => lookupIfAny(context, asked),
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
  const keys = await context.hotKeys();
  return hintSteps(only === undefined ? keys : keys.filter(({ collection }) => collection === only), (name) =>
    lookupIfAny(context, name),
  );
}

/** Asked for each key: another state may be served by then, and the lookup of the one before be released. */
function lookupIfAny(context: WarmContext, name: string): Lookup | undefined {
  try {
    return context.lookup(name);
  } catch (error) {
    if (error instanceof GristmillError && error.code === 'COLLECTION_NOT_FOUND') return undefined;
    throw error;
  }
}

// Watches what a process of bench/stalls.mjs does for long: transactions, the gate, reads. The library has no such options: its
// modules are watched from outside.

import { PerformanceObserver } from 'node:perf_hooks';
import { HotPlaces } from '../dist/src/lookup/cache/hot-places.js';
import { Fetch } from '../dist/src/lookup/fetch.js';
import { Generation } from '../dist/src/lookup/index/generation.js';
import { Served } from '../dist/src/lookup/warm/served.js';
import { CatalogReader } from '../dist/src/store/catalog/read.js';
import { LmdbCatalog } from '../dist/src/store/lmdb/catalog.js';
import { Gate } from '../dist/src/store/lmdb/gate.js';
import { now_ms, OFFSET_MS } from './stalls-clock.mjs';

/** Shorter work than this is no stall. */
const LONG_MS = 0.2;

/**
 * @typedef {{ caller: string, begun: number, locked: number, changed: number, entered: number, over: number }} Step a transaction of the index:
 *   asked for, LMDB's write lock had, its changes made, the gate entered, committed and synced
 */

/**
 * From now on `told` hears of every transaction of this process that was committed or refused.
 * @param {(step: Step) => void} told
 */
export function watchTransactions(told) {
  const { transaction } = LmdbCatalog.prototype;
  LmdbCatalog.prototype.transaction = async function (change) {
    const step = { caller: callerOf(new Error()), begun: now_ms() };
    try {
      return await transaction.call(this, (write) => {
        step.locked = now_ms();
        try {
          return change(write);
        } finally {
          step.changed = now_ms();
        }
      });
    } finally {
      step.over = now_ms();
      // Its thread passes the gate: here that is a part of the commit.
      step.entered = step.changed;
      told(step);
    }
  };
}

/**
 * @param {(ms: number) => void} told hears how long the gate was waited for, and how long it took to open it
 */
export function watchGate(told) {
  const { enter } = Gate.prototype;
  Gate.prototype.enter = function () {
    const from = now_ms();
    enter.call(this);
    told(now_ms() - from);
  };
  const { open } = Gate;
  Gate.open = async (store) => {
    const from = now_ms();
    const gate = await open.call(Gate, store);
    told(now_ms() - from);
    return gate;
  };
}

/** The function that asked for it: `change` of upkeep/compact/publish-rewritten.ts and `set` of the lock are asked by others in turn. */
function callerOf({ stack }) {
  const lines = stack.split('\n').slice(2);
  const known = lines.map((line) => /at (?:async )?(?:new )?([\w.#<>]+)/.exec(line)?.[1] ?? '').filter(Boolean);
  const name = known.find((one) => one !== 'change') ?? 'unknown';
  return name.replace(/^Function\./, '').replace(/^_?([A-Z]\w+)\.#?/, '$1.');
}

/**
 * Watches what a reading process does for long. @returns tells how much of a sample each of it was
 * @returns {(sample: { at: number, ms: number }) => Record<string, number>}
 */
export function watchReads() {
  const long = [];
  const add = (what, from, to) => to - from >= LONG_MS && long.push({ what, from, to });
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      add('collecting garbage', startTime + OFFSET_MS, startTime + OFFSET_MS + duration);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const watch = (what, owner, name) => {
    const method = owner[name];
    owner[name] = function (...given) {
      const from = now_ms();
      try {
        return method.apply(this, given);
      } finally {
        add(what, from, now_ms());
      }
    };
  };
  watch('beginning a switch', Served.prototype, 'look');
  watch('choosing hot keys', HotPlaces.prototype, 'keys');
  watch('loading a new generation', Generation, 'load');
  watch('reading page keys', CatalogReader.prototype, 'pageKeys');
  watch('reading a frame', Fetch.prototype, 'textSync');
  return ({ at, ms }) => {
    const parts = {};
    for (const { what, from, to } of long) {
      const inside = Math.min(to, at + ms) - Math.max(from, at);
      if (inside > 0) parts[what] = (parts[what] ?? 0) + inside;
    }
    return { parts };
  };
}

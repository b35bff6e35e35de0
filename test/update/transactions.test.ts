// Goal: after any sequence of transactions, imports, compactions and reopenings a store holds exactly what it must, whichever way it is
// read; a transaction sees its own changes; one that throws changes nothing; a snapshot stays what it was.
// Method: random sequences, and a Map beside them (support/store-model.ts). Real LMDB, real imports.
// @encrypted: its stores are made with the options of the environment

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openStore, type Snapshot, type Store, type TransactionCollection } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { KEY_FORMS, type KeyForm, optionsOf } from '../support/hidden-store.js';
import { fileWith, makeDirectory } from '../support/import-files.js';
import {
  expectHolds,
  KEYS,
  type KeyKind,
  type KeyNumber,
  keyOf,
  Model,
  type ModelRecord,
} from '../support/store-model.js';
import { anyStep, COLLECTIONS, type Draft, type Operation, type Step } from '../support/transaction-steps.js';

/** What JSON.stringify has for a key; a number that it would round is taken for another key. */
function plainKey(key: KeyNumber): KeyNumber {
  return typeof KEYS[key]!.value === 'bigint' ? 5 : key;
}
/** Names are strings. */
function nameNumber(key: KeyNumber): KeyNumber {
  return typeof KEYS[key]!.value === 'string' ? key : 10;
}
const spelling = (key: KeyNumber, form: number): string => KEYS[key]!.spelled[form % KEYS[key]!.spelled.length]!;

/** A record given as text, tokens as spelled. */
function textRecord({ key, form, tags, extra }: Draft, kind: KeyKind): ModelRecord {
  const tagTexts = tags.map((tag, i) => spelling(tag, form + i));
  const id = kind === 'path' ? `"id":${spelling(key, form)},` : '';
  const text = `{${id}"x":${extra},"tags":[${tagTexts.join(',')}]}`;
  return { key: kind === 'name' ? nameNumber(key) : key, text, tags: new Set(tags) };
}

/** A record given as a value. */
function valueRecord(draft: Draft, kind: KeyKind): ModelRecord & { readonly value: unknown } {
  const key = kind === 'name' ? nameNumber(draft.key) : plainKey(draft.key);
  const tags = draft.tags.map(plainKey);
  const id = kind === 'path' ? { id: KEYS[key]!.value } : {};
  const value = { tags: tags.map((tag) => KEYS[tag]!.value), form: draft.form, ...id };
  return { key, text: JSON.stringify(value), tags: new Set(tags), value };
}

class Run {
  readonly models: Record<KeyKind, Model> = {
    path: new Model('path'),
    name: new Model('name'),
    ordinal: new Model('ordinal'),
  };
  readonly #snapshots: { readonly snapshot: Snapshot; readonly models: Record<KeyKind, Model> }[] = [];

  constructor(
    readonly directory: string,
    public store: Store,
    readonly form: KeyForm,
  ) {}

  static async begin(directory: string, form: KeyForm): Promise<Run> {
    const run = new Run(directory, await openStore(directory, optionsOf(form)), form);
    await run.store.transaction((tx) => {
      tx.createCollection('path', { key: 'id', indexes: ['tags'] });
      tx.createCollection('ordinal', { indexes: ['tags'] });
    });
    // Names come from an import: of an object.
    await run.step({
      do: 'import',
      into: 'name',
      mode: 'replace',
      drafts: [{ key: 10, form: 0, tags: [], extra: '1' }],
    });
    return run;
  }

  async step(step: Step): Promise<void> {
    if (step.do === 'transaction') await this.#transaction(step);
    else if (step.do === 'import') await this.#import(step);
    else if (step.do === 'compact') await this.store.compact();
    else if (step.do === 'snapshot') this.#snapshots.push({ snapshot: this.store.snapshot(), models: this.#cloned() });
    else {
      for (const { snapshot } of this.#snapshots.splice(0)) snapshot.release();
      await this.store.close();
      this.store = await openStore(this.directory, optionsOf(this.form));
    }
  }

  async check(): Promise<void> {
    for (const name of COLLECTIONS) await expectHolds(this.store.collection(name), this.models[name], this.form);
    for (const { snapshot, models } of this.#snapshots) {
      for (const name of COLLECTIONS) await expectHolds(snapshot.collection(name), models[name], this.form);
    }
  }

  #cloned(): Record<KeyKind, Model> {
    const { path, name, ordinal } = this.models;
    return { path: path.clone(), name: name.clone(), ordinal: ordinal.clone() };
  }

  async #transaction({ operations, fails }: Step & { do: 'transaction' }): Promise<void> {
    const models = this.#cloned();
    const stop = new Error('in the middle');
    const change = this.store.transaction((tx) => {
      for (const operation of operations) operate(tx.collection(operation.on), models[operation.on], operation);
      if (fails) throw stop;
      return operations.length;
    });
    if (fails) {
      await expect(change).rejects.toBe(stop);
      return;
    }
    expect(await change).toBe(operations.length);
    for (const name of COLLECTIONS) {
      models[name].commit();
      this.models[name] = models[name];
    }
  }

  async #import({ into, mode, drafts }: Step & { do: 'import' }): Promise<void> {
    const records = drafts.map((draft) => textRecord(draft, into));
    const members = records.map(({ key, text }, i) =>
      into === 'name' ? `${spelling(key, drafts[i]!.form)}:${text}` : text,
    );
    const source = into === 'name' ? `{${members.join(',')}}` : members.join('\n');
    const path = fileWith(source, 'source.json', this.directory.replace(/store$/, ''));
    const options = {
      collection: into,
      indexes: ['tags'],
      mode,
      // What is kept otherwise: kept-edits.test.ts.
      ...(mode === 'replace' && { changes: 'drop' as const }),
      workers: 1,
      ...(into === 'path' && { key: 'id' }),
      layout: into === 'name' ? ('object' as const) : ('ndjson' as const),
    };
    const imported = this.store.import(path, options);
    const model = mode === 'replace' ? new Model(into) : this.models[into].clone();
    const isRefused =
      mode === 'insert' &&
      into !== 'ordinal' &&
      (records.some(({ key }) => model.at(key)) || new Set(records.map(({ key }) => key)).size < records.length);
    if (isRefused) {
      await expect(imported).rejects.toMatchObject({ code: 'DUPLICATE_KEY' });
      return;
    }
    await imported;
    model.import(records);
    this.models[into] = model;
  }
}

/** One operation on both, the transaction's answer compared. */
function operate(collection: TransactionCollection<unknown>, model: Model, operation: Operation): void {
  const { kind } = model;
  const nameOf = (key: KeyNumber) => (kind === 'name' ? (KEYS[key]!.value as string) : undefined);
  switch (operation.do) {
    case 'put': {
      const { value, ...record } = valueRecord(operation.draft, kind);
      expect(collection.put(value, nameOf(record.key))).toEqual(keyOf(model, model.put(record)));
      break;
    }
    case 'putText': {
      const record = textRecord(operation.draft, kind);
      expect(collection.putText(` ${record.text}\n`, nameOf(record.key))).toEqual(keyOf(model, model.put(record)));
      break;
    }
    case 'patch':
      patch(collection, model, operation);
      break;
    case 'delete': {
      const has = model.at(operation.key) !== undefined;
      expect(collection.delete(keyOf(model, operation.key))).toBe(has);
      if (has) model.remove(operation.key);
      break;
    }
    case 'get': {
      const key = keyOf(model, operation.key);
      const text = model.at(operation.key)?.text;
      expect(collection.getText(key)).toBe(text);
      expect(collection.get(key)).toEqual(text && JSON.parse(text));
      expect(collection.has(key)).toBe(text !== undefined);
      break;
    }
    case 'count':
      expect(collection.count()).toBe(model.count());
  }
}

/** Sets the tags anew, which come last, and perhaps the key. */
function patch(
  collection: TransactionCollection<unknown>,
  model: Model,
  { key, draft, movesKey }: Operation & { do: 'patch' },
): void {
  if (model.kind === 'ordinal') {
    expect(() => collection.patch(key, {})).toThrow(TypeError);
    return;
  }
  const before = model.at(key);
  const tags = draft.tags.map(plainKey);
  const moved = plainKey(draft.key);
  const moves = movesKey && model.kind === 'path';
  const first = collection.patch(keyOf(model, key), { tags: null });
  const changes = { tags: tags.map((tag) => KEYS[tag]!.value), ...(moves && { id: KEYS[moved]!.value }) };
  const second = collection.patch(keyOf(model, key), changes);
  expect([first, second]).toEqual([before !== undefined, before !== undefined]);
  if (before === undefined) return;
  const without = before.text.replace(/"tags":\[[^\]]*\],?/, '').replace(/,\}$/, '}');
  const added = `"tags":${JSON.stringify(changes.tags)}}`;
  let text = without === '{}' ? `{${added}` : `${without.slice(0, -1)},${added}`;
  if (moves) text = text.replace(/"id":("[^"]*"|[^,}]*)/, () => `"id":${JSON.stringify(changes.id)}`);
  model.remove(key);
  model.put({ key: moves ? moved : key, text, tags: new Set(tags) });
}

describe('any sequence of transactions, imports, compactions and reopenings', () => {
  test.each(KEY_FORMS)(
    'leaves what a Map would hold, whichever way it is read, keys %s',
    { timeout: 240_000 },
    async (form) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 8 }), async (steps) => {
          const directory = makeDirectory();
          const run = await Run.begin(`${directory.path}/store`, form);
          try {
            await run.check();
            for (const step of steps) {
              await run.step(step);
              await run.check();
            }
          } finally {
            await run.store.close();
            directory.remove();
          }
        }),
        { numRuns: runs(12), interruptAfterTimeLimit: 200_000 },
      );
    },
  );
});

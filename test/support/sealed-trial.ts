// What an encrypted store answers that somebody may have changed: each answer is exactly what was stored, or an error that has a
// code and nothing of a record in it.

import { ERROR_CODES, openStore, repairStore, type Store, type StoreOptions } from '../../dist/src/index.js';
import { COLLECTION, GROUP, ID } from './at-rest-store.js';
import { WORD } from './plaintexts.js';

/** In the text of each record, and in nothing else. */
const TEXT = 'of no index';

/** What a store answers, by what was asked. */
export type Answers = ReadonlyMap<string, unknown>;

interface Asked {
  readonly answers: Map<string, unknown>;
  /** Answers that are no answers. */
  readonly wrong: string[];
  /** Codes of errors. */
  readonly refused: Set<string>;
}

async function ask(asked: Asked, what: string, work: () => unknown): Promise<void> {
  try {
    asked.answers.set(what, await work());
  } catch (error) {
    const { code, name, message, stack, cause } = error as Error & { code?: string };
    const isTyped = name === 'GristmillError' && ERROR_CODES.includes(code as never);
    if (isTyped) asked.refused.add(code!);
    else asked.wrong.push(`${what}: ${stack}`);
    if ([message, stack, String(cause), (cause as Error | undefined)?.stack].join().includes(TEXT))
      asked.wrong.push(`${what}: the error shows text of a record: ${message}`);
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Asks a store in every way there is. */
async function askAll(store: Store, asked: Asked): Promise<void> {
  await ask(asked, 'collections', () => store.collections().sort());
  for (const name of (asked.answers.get('collections') as string[] | undefined) ?? []) {
    await ask(asked, `scan ${name}`, async () =>
      (await all(store.collection(name).scanText())).map(({ text }) => text),
    );
    await ask(asked, `count ${name}`, () => store.collection(name).count());
    for (const i of [0, 1, 9, 55, 104, 111, 150, 202]) {
      await ask(asked, `get ${name} ${i}`, () => store.collection(name).getTextSync(`${WORD}${i}`));
      await ask(asked, `later ${name} ${i}`, () => store.collection(name).get(`${WORD}${i}`));
    }
    const group = `${WORD}-g1`;
    await ask(asked, `find ${name}`, async () => all(store.collection(name).findText(GROUP, group)));
    await ask(asked, `many ${name}`, () => store.collection(name).getMany([`${WORD}3`, `${WORD}60`, `${WORD}110`]));
  }
  // Which there are nothing says (docs/security.md); what they hold, each one.
  let rejected: readonly { readonly name: string; readonly collection?: string }[] = [];
  await ask(asked, 'rejected', async () => {
    rejected = await store.quarantine.files();
  });
  for (const { name, collection } of rejected)
    await ask(asked, `rejected ${name}`, async () => [collection, await all(store.quarantine.records(name))]);
  await ask(asked, 'audit', async () => all(store.audit.log()));
}

/** Asks a store that may not open. */
export async function answersOf(directory: string, options: StoreOptions, readOnly = true): Promise<Asked> {
  const asked: Asked = { answers: new Map(), wrong: [], refused: new Set() };
  let store: Store | undefined;
  await ask(asked, 'open', async () => {
    store = await openStore(directory, { ...options, readOnly, config: false });
  });
  asked.answers.delete('open');
  if (store === undefined) return asked;
  await askAll(store, asked);
  await ask(asked, 'close', () => store!.close());
  asked.answers.delete('close');
  return asked;
}

/** What is wrong with the answers of a store. @param stored the answers of the store as it was */
export function wrongIn({ answers, wrong }: Asked, stored: readonly Answers[]): string[] {
  const differs = [...answers].filter(([what, answer]) => {
    const text = JSON.stringify(answer);
    return !stored.some((one) => JSON.stringify(one.get(what)) === text);
  });
  return [...wrong, ...differs.map(([what, answer]) => `${what} gave ${JSON.stringify(answer)?.slice(0, 300)}`)];
}

/** Changes a store in every way there is. @returns failures without a code */
export async function changeAll(directory: string, options: StoreOptions, source: string): Promise<string[]> {
  const asked: Asked = { answers: new Map(), wrong: [], refused: new Set() };
  let store: Store | undefined;
  await ask(asked, 'open', async () => {
    store = await openStore(directory, { ...options, config: false });
  });
  if (store === undefined) return asked.wrong;
  const rows = () => store!.collection(COLLECTION);
  await ask(asked, 'put', () => rows().put({ [ID]: `${WORD}9`, [GROUP]: 'x' }));
  await ask(asked, 'patch', () => rows().patch(`${WORD}10`, { [GROUP]: 'y' }));
  await ask(asked, 'delete', () => rows().delete(`${WORD}55`));
  const how = {
    collection: COLLECTION,
    key: ID,
    mode: 'upsert',
    onBadRecord: 'skip',
    workers: 1,
    wait: false,
  } as const;
  await ask(asked, 'import', () => store!.import(source, how));
  await ask(asked, 'compact', () => store!.compact({ minDeadShare: 0 }));
  await ask(asked, 'verify', () => store!.verify({ workers: 1 }));
  await ask(asked, 'backup', () => store!.backup(`${directory}.backup`));
  await ask(asked, 'close', () => store!.close());
  return asked.wrong;
}

/** Repairs a store. @returns failures without a code, and records that it never held. @param texts of all records */
export async function repairAll(
  directory: string,
  options: Pick<StoreOptions, 'encryption'>,
  texts: ReadonlySet<string>,
): Promise<string[]> {
  const asked: Asked = { answers: new Map(), wrong: [], refused: new Set() };
  await ask(asked, 'repair', () => repairStore(directory, { workers: 1, ...options }));
  const after = await answersOf(directory, options);
  for (const [what, answer] of after.answers) {
    if (!what.startsWith('scan')) continue;
    for (const text of answer as string[]) if (!texts.has(text)) asked.wrong.push(`${what} gave ${text}`);
  }
  return [...asked.wrong, ...after.wrong];
}

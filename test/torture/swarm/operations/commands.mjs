// The command line: every command, now and then killed or interrupted.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACCOUNTS } from '../bank.mjs';
import { ownedRecord } from '../layout.mjs';
import { writeSource } from '../sources.mjs';
import { newVersions } from './changes.mjs';
import { ended } from './resumed.mjs';

/** @typedef {import('../worker-state.mjs').Worker} Worker */
/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {{ args: readonly string[], owned?: Record<string, number>, check?: (output: string) => boolean, clean?: string }} Command */

const MAIN = fileURLToPath(new URL('../../../../dist/src/cli/main.js', import.meta.url));
const OWNED = ['--collection', 'owned'];

/** @type {Readonly<Record<string, (worker: Worker, random: Random) => Command | undefined>>} */
const COMMANDS = {
  put(worker, random) {
    const owned = newVersions(worker, random, 3, false);
    return { owned, args: [...recordsOf(owned).map((record) => JSON.stringify(record)), ...OWNED] };
  },
  patch(worker, random) {
    const [[key, version] = []] = worker.takeOwned(random, 1);
    if (key === undefined || version === undefined) return undefined;
    const record = ownedRecord(key, version + 1);
    return { owned: { [key]: version + 1 }, args: [key, JSON.stringify(record), '--string', ...OWNED] };
  },
  delete(worker, random) {
    const keys = worker.takeOwned(random, 2).map(([key]) => key);
    if (keys.length === 0) return undefined;
    return { owned: Object.fromEntries(keys.map((key) => [key, 0])), args: [...keys, '--string', ...OWNED] };
  },
  import(worker, random) {
    const owned = newVersions(worker, random, 12, false);
    const source = writeSource(join(worker.start.scratch, worker.newName()), recordsOf(owned), random);
    const how = ['--mode', 'upsert', '--key', 'id', '--index', 'group', '--quiet'];
    return { owned, args: [source, ...how, ...OWNED], clean: source };
  },
  get: () => ({ args: ['0', '--collection', 'accounts'], check: (output) => JSON.parse(output).id === 0 }),
  range: () => ({ args: ['--collection', 'orders', '--index', 'user', '--gte', '0', '--limit', '5'] }),
  export: () => ({
    args: ['--collection', 'accounts'],
    check: (output) => output.trim().split('\n').length === ACCOUNTS,
  }),
  stat: () => ({ args: ['--json'], check: (output) => JSON.parse(output).collections.length >= 8 }),
  config: () => ({ args: ['--json'], check: (output) => typeof JSON.parse(output) === 'object' }),
  compact: () => ({ args: ['--min-dead', '0.1', '--json'] }),
  verify: () => ({ args: ['--json', '--quiet'], check: (output) => JSON.parse(output).isSound }),
  // In use: it is refused.
  repair: () => ({ args: ['--json', '--workers', '1'] }),
  backup(worker) {
    const target = join(worker.start.scratch, `backup ${worker.newName()}`);
    return { args: [target, '--json'], clean: target };
  },
};

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const command = {
  name: 'command',
  async run(worker, random) {
    const name = random.pick(Object.keys(COMMANDS));
    const chosen = COMMANDS[name]?.(worker, random);
    if (chosen === undefined) return;
    const { args, owned = {}, check, clean } = chosen;
    const signal = random.chance(0.2)
      ? random.pick(/** @type {const} */ (['SIGKILL', 'SIGTERM', 'SIGINT']))
      : undefined;
    const wait = 50 + random.below(400);
    try {
      await worker.change(`command ${name}`, { owned }, async () => {
        const where = ['--store', worker.start.store, ...(name === 'repair' ? [] : ['--no-config'])];
        const store = name === 'config' ? [] : where;
        const child = spawn(process.execPath, [MAIN, name, ...args, ...store]);
        const killing = signal && setTimeout(() => child.kill(signal), wait);
        const { code, signal: of, output } = await ended(child);
        clearTimeout(killing);
        if (code === 0) {
          if (name === 'repair') worker.wrong('a store in use was repaired', { output });
          if (check !== undefined && !check(output)) worker.wrong('a command printed something else', { name, output });
          return;
        }
        const said = /"code": ?"(\w+)"/.exec(output)?.[1] ?? /gristmill: ([A-Z_]+)/.exec(output)?.[1];
        const isKilled = signal !== undefined && (of === signal || code === 130);
        // Who is killed may have done it all the same.
        const how = isKilled ? 'KILLED' : (said ?? `exit ${code ?? of}`);
        throw Object.assign(new Error(output.slice(0, 1000)), { code: how });
      });
    } finally {
      if (clean !== undefined) rmSync(clean, { recursive: true, force: true });
    }
  },
};

/** @param {Readonly<Record<string, number>>} owned */
const recordsOf = (owned) => Object.entries(owned).map(([key, version]) => ownedRecord(key, version));

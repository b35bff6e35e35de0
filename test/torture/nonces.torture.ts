// Goal: no nonce is used twice with one key, over a million frames and values of the index.
// Method: several processes import into one encrypted store, and put records, at the same time; each is killed and started again
// at random moments. Then every value of the index and every frame of every shard is read as it is on disk: data key, salt and
// number, of which key and nonce are made, are all different. TORTURE_NONCES says how many there have to be. The twin reads the
// shards once more, and has as many that are not.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { open } from 'lmdb';
import { afterAll, expect, test } from 'vitest';
import { initStore, openStore } from '../../dist/src/index.js';
import { DATABASES } from '../support/sealed-index.js';
import { scratchDirectory } from './harness.js';

const NONCES = Number(process.env.TORTURE_NONCES ?? 1_000_000);
const WRITERS = 4;
const FRAMES_MIN = NONCES / 1000;
/** Of one frame each. */
const RECORD_BYTES = 33_000;
const RECORDS = 300;
/** A writer is killed after so many commits, at most. */
const COMMITS_MAX = 20;
/** About what a transaction of a writer leaves in the index. */
const VALUES_OF_A_COMMIT = 5500;

const WRITER = fileURLToPath(new URL('nonce-writer.mjs', import.meta.url));
const FRAME = 0x184d2a5f;
const HEAD_BYTES = 8 + 8 + 32 + 32 + 8;

const directory = scratchDirectory();
afterAll(() => directory.remove());
const store = join(directory.path, 'store');
const keyFile = join(directory.path, 'key');

/** What is written, by this estimate. */
let written = 0;
let kills = 0;

/** One writer after another, each killed, until so much is written. */
async function write(name: string, source: string, enough: number): Promise<void> {
  for (let n = 0; written < enough; n++) {
    const child: ChildProcess = spawn(process.execPath, [WRITER, store, keyFile, source, `${name}-${n}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    let left = 1 + Math.floor(Math.random() * COMMITS_MAX);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line === 'put') written += VALUES_OF_A_COMMIT;
      // Whatever it is doing then.
      if (--left === 0) setTimeout(() => child.kill('SIGKILL'), Math.random() * 200);
    });
    const [code, signal] = await ended;
    expect([code, signal]).toEqual([null, 'SIGKILL']);
    kills++;
  }
}

/** Of each value: data key, salt and counter. @returns how many values there are */
function readIndex(heads: Set<string>): number {
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open({ path: join(store, 'index'), noSubdir: false, readOnly: true, ...binary });
  let values = 0;
  for (const name of DATABASES) {
    for (const { value } of root.openDB<Buffer, Uint8Array>(name, binary).getRange()) {
      heads.add(value.toString('latin1', 2, 28));
      values++;
    }
  }
  void root.close();
  return values;
}

/** Of each frame: data key, salt and number. @returns how many frames there are */
function readShards(heads: Set<string>, folder = join(store, 'shards')): number {
  let frames = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    const seed = bytes.toString('latin1', 10, 12) + bytes.toString('latin1', 16, 48);
    let number = 0;
    for (let at = HEAD_BYTES; at < bytes.byteLength && bytes.readUInt32LE(at) === FRAME; number++) {
      heads.add(`${seed} ${number}`);
      at += 8 + bytes.readUInt32LE(at + 4);
    }
    frames += number;
  }
  return frames;
}

test('of a million frames and values that killed, restarted and concurrent processes leave', async () => {
  writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
  const source = join(directory.path, 'source.ndjson');
  const text = 'x'.repeat(RECORD_BYTES);
  writeFileSync(source, Array.from({ length: RECORDS }, (_, id) => `${JSON.stringify({ id, text })}\n`).join(''));
  await initStore(store, { encryption: { keyFile }, config: false });
  const heads = new Set<string>();
  let [values, frames] = [0, 0];
  for (let round = 0; values + frames < NONCES; round++) {
    const enough = written + NONCES - values - frames;
    await Promise.all(Array.from({ length: WRITERS }, (_, i) => write(`writer${i}-${round}`, source, enough)));
    // What was killed last is swept.
    const opened = await openStore(store, { encryption: { keyFile }, config: false });
    await opened.close();
    heads.clear();
    [values, frames] = [readIndex(heads), readShards(heads)];
  }
  console.log(`nonces: ${values} values, ${frames} frames, ${kills} writers killed`);
  expect(frames).toBeGreaterThan(FRAMES_MIN);
  expect(heads.size).toBe(values + frames);
  // The twin: what is there twice is counted once.
  const counted = heads.size;
  expect(readShards(heads)).toBe(frames);
  expect(heads.size).toBe(counted);
});

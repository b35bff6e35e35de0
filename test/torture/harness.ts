// Starting, killing and checking: what all methods of the torture suite have in common.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Acknowledged, checkAfterCrash, expectClean } from './check.mjs';
import { History, type Kind } from './model.mjs';

const CHECK = fileURLToPath(new URL('check.mjs', import.meta.url));
const READER = fileURLToPath(new URL('reader.mjs', import.meta.url));
const WRITER = fileURLToPath(new URL('writer.mjs', import.meta.url));

/** Why a method cannot run on this machine; undefined where it can. Tests skip with this text. */
export function missing(...needs: readonly ('root' | 'strace' | 'unshare' | 'losetup' | 'mkfs.ext4' | 'prlimit')[]) {
  for (const need of needs) {
    if (process.platform !== 'linux') return 'needs Linux';
    if (need === 'root' ? process.getuid?.() !== 0 : spawnSync('which', [need]).status !== 0) return `needs ${need}`;
  }
  return undefined;
}

/** A directory of the test's own. */
export function scratchDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gristmill-torture-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Failure {
  readonly n: number;
  readonly code?: string;
  readonly message: string;
  readonly file?: string;
  readonly bytesNeeded?: number;
}

export interface WriterOptions {
  readonly inline?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** Put before the command: strace, prlimit and the like. */
  readonly under?: readonly string[];
}

/** A program of this suite that runs, and what it says. */
export abstract class Program {
  readonly process: ChildProcess;
  errors = '';
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #waiting: { readonly line: RegExp; resolve(line: string): void; reject(error: Error): void }[] = [];

  constructor([command, ...args]: readonly string[], env?: NodeJS.ProcessEnv) {
    this.process = spawn(command!, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '1', ...env },
      // A process group, so that what it runs under goes with it.
      detached: true,
    });
    this.process.stdin!.on('error', () => {}); // it was killed before it read
    this.process.stderr!.on('data', (data) => {
      this.errors += data;
    });
    const lines = createInterface({ input: this.process.stdout! });
    lines.on('line', (line) => this.#hear(line));
    const output = new Promise((resolve) => lines.once('close', resolve));
    this.ended = new Promise((resolve) => {
      this.process.once('exit', (code, signal) => {
        output.then(() => {
          for (const { line, reject } of this.#waiting.splice(0)) {
            reject(new Error(`the writer ended (${code ?? signal}) before ${line}: ${this.errors}`));
          }
          resolve({ code, signal });
        });
      });
    });
  }

  get pid(): number {
    return this.process.pid!;
  }

  tell(command: string): void {
    this.process.stdin!.write(`${command}\n`);
  }

  /** The next line that matches. @throws when the process ends before. */
  heard(line: RegExp): Promise<string> {
    const promise = new Promise<string>((resolve, reject) => this.#waiting.push({ line, resolve, reject }));
    promise.catch(() => {}); // whoever awaits it hears
    return promise;
  }

  async kill() {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (cause) {
      const { code, signal } = await this.ended;
      throw new Error(`the program ended by itself (${code ?? signal}): ${this.errors}`, { cause });
    }
    return this.ended;
  }

  #hear(line: string): void {
    this.note(line);
    const at = this.#waiting.findIndex((waiting) => waiting.line.test(line));
    if (at !== -1) this.#waiting.splice(at, 1)[0]!.resolve(line);
  }

  /** Takes note of a line, before whoever waits for it hears. */
  protected abstract note(line: string): void;
}

/** A writer process, and what it has acknowledged. */
export class Writer extends Program {
  /** The last operation acknowledged, and the store's generation then. */
  acknowledged: Acknowledged = { n: 0, generation: 0 };
  readonly failures: Failure[] = [];

  constructor(store: string, history: History, { inline = false, env, under = [] }: WriterOptions = {}) {
    super([...under, ...commandOf(WRITER, store, history), ...(inline ? ['inline'] : [])], env);
  }

  /** Plays operation n; resolves when it is done, has failed, or the process has died. */
  async run(n: number): Promise<void> {
    const heard = this.heard(new RegExp(`^(done|failed) ${n} `));
    this.tell(`run ${n}`);
    await heard.catch(() => {});
  }

  protected override note(line: string): void {
    const [word, n, rest] = /^(\w+)(?: (\d+) (.*))?$/.exec(line)?.slice(1) ?? [];
    if (word === 'done') this.acknowledged = { n: Number(n), generation: Number(rest) };
    if (word === 'failed') this.failures.push({ n: Number(n), ...JSON.parse(rest!) });
  }
}

/** A process that reads and checks all the time; `hold` stops in the middle of an iteration. */
export class Reader extends Program {
  readings = 0;
  wrong: string | undefined;

  constructor(store: string, history: History, how?: 'hold') {
    super([...commandOf(READER, store, history), ...(how ? [how] : [])]);
  }

  protected override note(line: string): void {
    if (line.startsWith('read ')) this.readings++;
    if (line.startsWith('wrong')) this.wrong ??= line;
  }
}

function commandOf(program: string, store: string, history: History): readonly string[] {
  return [process.execPath, program, store, history.seed, JSON.stringify(history.round)];
}

/** `checkAfterCrash` in a process of its own. @throws when it does, or when the process dies. */
export async function checkApart(store: string, history: History, { n, generation }: Acknowledged): Promise<number> {
  const args = [CHECK, store, history.seed, JSON.stringify(history.round), String(n), String(generation)];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}

/** What a store has been through before the operation that is looked at. */
const PREPARED: readonly Kind[] = ['replace', 'put', 'compact', 'upsert', 'transaction', 'put'];

/** A store that stands just before one operation, to be copied for each time that operation is tried. */
export class Template {
  readonly history: History;
  /** The operation to try. */
  readonly n: number;
  /** What was acknowledged before it. */
  acknowledged: Acknowledged;
  readonly #directory: string;
  #copies = 0;

  private constructor(directory: string, history: History, n: number) {
    this.#directory = directory;
    this.history = history;
    this.n = n;
    this.acknowledged = { n: n - 1, generation: 0 };
  }

  /** @param kind of the operation; `create` is the first one of a store that is not there yet. */
  static async make(directory: string, kind: Kind | 'create'): Promise<Template> {
    if (kind === 'create') return new Template(join(directory, kind), new History(kind, ['replace']), 1);
    const template = new Template(join(directory, kind), new History(kind, [...PREPARED, kind]), PREPARED.length + 1);
    const writer = new Writer(template.#directory, template.history);
    writer.tell(`run 1 ${PREPARED.length}`);
    await writer.heard(new RegExp(`^done ${PREPARED.length} `));
    writer.tell('close');
    await writer.heard(/^closed/);
    template.acknowledged = writer.acknowledged;
    await writer.kill();
    return template;
  }

  /** A copy, and a writer that has everything loaded and waits; unless the store is to be created, it has opened it. */
  async waiting(options?: WriterOptions): Promise<{ readonly store: string; readonly writer: Writer }> {
    const store = `${this.#directory}-${++this.#copies}`;
    if (this.n > 1) cpSync(this.#directory, store, { recursive: true });
    const writer = new Writer(store, this.history, options);
    if (this.n > 1) writer.tell('open');
    writer.tell(`prepare ${this.n}`);
    await writer.heard(/^prepared/);
    return { store, writer };
  }

  /**
   * The operation has been tried. @returns the operation the store stands at.
   * @throws when it is neither old nor new, or when the writer is dead and something of it is left
   */
  async check(store: string, writer: Writer): Promise<number> {
    const isDone = writer.acknowledged.n === this.n;
    const stands = await checkAfterCrash(store, this.history, isDone ? writer.acknowledged : this.acknowledged);
    if (writer.process.signalCode !== null) await expectClean(store);
    return stands;
  }
}

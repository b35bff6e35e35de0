// Goal: every command works on an encrypted store by its key file, flag or variable, and asks for a passphrase in a terminal
// without showing it. Method: the command line itself; the terminal is that of the tool `script`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLI, gristmill, scratch, start } from '../support/cli.js';

const SECRET = 'a passphrase with blanks';

function folder(): { path: string; store: string; key: string; source: string } {
  const path = scratch();
  const key = join(path, 'store.key');
  writeFileSync(key, Buffer.alloc(32, 5), { mode: 0o600 });
  const source = join(path, 'source.json');
  writeFileSync(source, '[{"id":1,"a":"x"},{"id":2,"a":"y"}]');
  return { path, store: join(path, 'store'), key, source };
}

describe('an encrypted store on the command line', () => {
  test('is made, filled, read, changed, verified, repaired, backed up and given another key by its key file', async () => {
    const { path, store, key, source } = folder();
    const ok = async (...words: string[]) => {
      const { code, stdout, stderr } = await gristmill(...words, '--store', store, '--no-config', '--key-file', key);
      expect([
        words[0],
        code,
        stderr.replace(/.*\n/g, (line) => (/warning|Error|: [A-Z_]+:/.test(line) ? line : '')),
      ]).toEqual([words[0], 0, '']);
      return stdout;
    };
    expect(await ok('init', '--encrypt', '--keys', 'plaintext')).toBe(`made the store ${store}\n`);
    await ok('import', source, '--key', 'id', '--index', 'a', '--quiet');
    expect(await ok('get', '2')).toBe('{"id":2,"a":"y"}\n');
    await ok('put', '{"id":3,"a":"z"}');
    await ok('patch', '3', '{"a":"w"}');
    await ok('delete', '1');
    expect(await ok('count')).toBe('2\n');
    await ok('index', 'add', 'id', '--quiet');
    await ok('compact');
    expect(JSON.parse(await ok('stat', '--json')).encryption).toEqual({ keys: 'plaintext', dataKey: 1 });
    expect(await ok('stat')).toMatch(/^encrypted +keys plaintext, data key 1$/m);
    await ok('verify', '--quiet');
    const { code, stdout } = await gristmill('repair', '--store', store, '--key-file', key, '--quiet');
    expect([code, stdout]).toEqual([0, expect.stringContaining('from the catalog')]);
    await ok('backup', join(path, 'backup'));
    const next = join(path, 'next.key');
    writeFileSync(next, Buffer.alloc(32, 6).toString('hex'), { mode: 0o600 });
    await ok('key', 'rotate', '--new-key-file', next);
    for (const [file, expected] of [
      [key, 4],
      [next, 0],
    ] as const) {
      const read = await gristmill('get', '2', '--store', store, '--no-config', '--key-file', file);
      expect([read.code, /WRONG_KEY/.test(read.stderr)]).toEqual([expected, expected === 4]);
    }
  });

  test('is opened by the variable, and without a key says how', async () => {
    const { path, store, key, source } = folder();
    const env = { GRISTMILL_KEY_FILE: key };
    expect(await start(['import', source, '--store', store, '--key', 'id', '--quiet'], path, env).ended).toMatchObject({
      code: 0,
    });
    expect(existsSync(join(store, 'keys.json'))).toBe(true);
    const read = await start(['get', '1', '--store', store], path, env).ended;
    expect(read).toMatchObject({ code: 0, stdout: '{"id":1,"a":"x"}\n' });
    const refused = await gristmill('get', '1', '--store', store, '--no-config');
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringMatching(/KEY_NEEDED: .*--key-file/) });
    const config = await start(['config', '--json'], path, env).ended;
    expect(JSON.parse(config.stdout).options.keyFile).toEqual({ value: key, from: 'GRISTMILL_KEY_FILE' });
  });

  test('of a first import that fails leaves nothing', async () => {
    const { path, store, key } = folder();
    const bad = join(path, 'bad.json');
    writeFileSync(bad, '[{"id":');
    const failed = await gristmill('import', bad, '--store', store, '--key', 'id', '--key-file', key, '--quiet');
    expect(failed.code).toBe(3);
    expect(readdirSync(path).filter((name) => name.includes('store') && name !== 'store.key')).toEqual([]);
  });

  test('with a passphrase is refused where there is no terminal to ask in', async () => {
    const { store } = folder();
    const { code, stderr } = await gristmill('init', '--store', store, '--encrypt', '--no-config');
    expect([code, stderr]).toEqual([4, expect.stringMatching(/KEY_NEEDED: .*only in a terminal/)]);
    expect(existsSync(store)).toBe(false);
  });

  test('takes no passphrase as an argument or from a variable, and does not repeat one that was given so', async () => {
    const { path, store } = folder();
    for (const words of [['--passphrase', SECRET], [`--passphrase=${SECRET}`], [`--key='${SECRET}'`]]) {
      const { code, stdout, stderr } = await gristmill('init', '--store', store, '--encrypt', ...words);
      expect([code, /USAGE: unknown option '--(passphrase|key)'/.test(stderr)]).toEqual([2, true]);
      expect(stdout + stderr).not.toContain(SECRET);
    }
    const env = { GRISTMILL_PASSPHRASE: SECRET };
    const { code, stderr } = await start(['init', '--store', store, '--encrypt'], path, env).ended;
    expect([code, /KEY_NEEDED/.test(stderr), stderr.includes(SECRET)]).toEqual([4, true, false]);
    expect(existsSync(store)).toBe(false);
  });

  test('key rotate wants to know the new key', async () => {
    const { store } = folder();
    expect((await gristmill('key', 'rotate', '--store', store)).code).toBe(2);
  });

  test.skipIf(!existsSync('/usr/bin/script'))(
    'asks for its passphrase in a terminal, and does not show it',
    async () => {
      const { path, store, source } = folder();
      const typed = async (words: readonly string[], answers: readonly string[]) => {
        const command = [process.execPath, CLI, ...words, '--store', store, '--no-config'].map((word) => `'${word}'`);
        const terminal = spawn('script', ['-qec', command.join(' '), '/dev/null'], { cwd: path });
        const left = [...answers];
        let seen = '';
        let asked = 0;
        terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
          seen += text;
          for (const count = seen.match(/: (?=\n|\r|$)/g)?.length ?? 0; asked < count && left.length > 0; asked++)
            terminal.stdin.write(left.shift()!);
        });
        const [code] = await once(terminal, 'exit');
        return { code, seen };
      };
      const differ = await typed(['init', '--encrypt'], ['one\r', 'two\r']);
      expect([differ.code, existsSync(store)]).toEqual([2, false]);
      const init = await typed(
        ['init', '--encrypt'],
        [`${SECRET}\r`, `${SECRET.slice(0, -1)}X\x7f${SECRET.slice(-1)}\r`],
      );
      expect(init.code).toBe(0);
      const imported = await typed(['import', source, '--key', 'id', '--quiet'], [`${SECRET}\r`]);
      const wrong = await typed(['get', '1'], ['wrong\r']);
      const read = await typed(['get', '1'], [`${SECRET}\r`]);
      const cancelled = await typed(['get', '1'], ['half\x03']);
      expect([imported.code, wrong.code, read.code, cancelled.code]).toEqual([0, 4, 0, 130]);
      expect(wrong.seen).toContain('WRONG_KEY');
      expect(read.seen).toContain('{"id":1,"a":"x"}');
      for (const { seen } of [init, imported, wrong, read, cancelled]) expect(seen).not.toContain(SECRET.slice(0, 12));
    },
  );
});

// A process that runs one command line after another. Each order is a message with words, working directory and environment.
// When the command has ended, both streams show a mark and a message gives the exit code. It ends with the test's process.

import { run } from '../../dist/src/cli/run.js';
import { noteWarnings } from '../../dist/src/cli/terminal/diagnostics.js';
import { outliveStreams } from '../../dist/src/cli/terminal/streams.js';

/** @typedef {{ words: string[], cwd: string, env: Record<string, string>, mark: string }} Order */

let last = Promise.resolve();
process.on('message', (order) => {
  last = last.then(() => serve(/** @type {Order} */ (order)));
});
process.on('disconnect', () => process.exit());
outliveStreams();
noteWarnings();

/** @param {Order} order */
async function serve({ words, cwd, env, mark }) {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = undefined;
  const code = await run(words);
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise((resolve) => stream.write(mark, resolve));
  }
  process.send?.(code);
}

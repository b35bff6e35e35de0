// The process that runs the imports of bench/switch.mjs, each by the command line: starting a process takes milliseconds
// of whoever does it, which must not be the one whose reads are timed.

import { spawn } from 'node:child_process';
import { gristmillImport } from './contenders.mjs';

process.on('message', (args) => {
  const { command, args: given } = gristmillImport(...args);
  const child = spawn(command, given, { stdio: ['ignore', 'ignore', 'inherit'] });
  child.once('error', () => process.send(-1));
  child.once('exit', (code) => process.send(code));
});

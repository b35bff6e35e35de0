#!/usr/bin/env node
// The command line as a process.

import { run } from './run.js';
import { noteWarnings } from './terminal/diagnostics.js';
import { outliveStreams } from './terminal/streams.js';

outliveStreams();
noteWarnings();
process.exitCode = await run(process.argv.slice(2));

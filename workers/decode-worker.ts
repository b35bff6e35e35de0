// What runs in the thread that decompresses a source: pieces of it in, chunks of plain text out.

import { parentPort, workerData } from 'node:worker_threads';
import { decodeFor } from '../src/import/feed/decode-thread.js';

void decodeFor(workerData, parentPort!);

// What runs in the thread of a watcher: it follows folders and files, and posts the paths something happened to.

import { parentPort, workerData } from 'node:worker_threads';
import { followFor } from '../src/watch/notices-thread.js';

followFor(workerData, parentPort!);

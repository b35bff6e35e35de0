// What runs in the thread that commits to a store: waiting for other processes, changing pages, writing and syncing, off the
// event loop of the store's user.

import { parentPort, workerData } from 'node:worker_threads';
import type { CommitThreadData } from '../src/store/lmdb/commits/turn.js';
import { serveCommits } from '../src/store/lmdb/serve-commits.js';
import { commitApplier } from '../src/update/commit-applier.js';

if (parentPort !== null) serveCommits(parentPort, workerData as CommitThreadData, commitApplier);

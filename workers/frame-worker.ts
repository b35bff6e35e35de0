// What runs in the thread of background loads: a job in, frames out, until the port is closed.

import { parentPort } from 'node:worker_threads';
import { type FrameJob, loadFrames } from '../src/lookup/cache/frame-loader.js';

parentPort?.on('message', (job: FrameJob | 'end') => {
  if (job === 'end') {
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(loadFrames(job));
});

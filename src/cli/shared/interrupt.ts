// Ctrl-C: the first asks the command to stop and clean up, the second ends the process at once.

import { note } from '../terminal/diagnostics.js';
import { Exit } from '../terminal/exit.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Runs `work` with a signal that SIGINT and SIGTERM abort. @param how quietly: where being stopped is the usual end */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, how?: 'quietly'): Promise<T> {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(Exit.cancelled);
    if (how !== 'quietly') note('stopping; press Ctrl-C again to stop at once, without cleaning up');
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}

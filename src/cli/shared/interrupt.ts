// Signals that end a command: Ctrl-C, SIGTERM of a supervisor, SIGHUP of a terminal that closes. The first asks the command
// to stop and clean up. Ctrl-C after that ends the process at once. The others may come twice (a shell and the kernel both
// send SIGHUP), so after the first they change nothing.

import { note } from '../terminal/diagnostics.js';
import { Exit } from '../terminal/exit.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work` with a signal that SIGINT, SIGTERM and SIGHUP abort.
 * @param how quietly: where being stopped is the usual end
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, how?: 'quietly'): Promise<T> {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      if (name === 'SIGINT') process.exit(Exit.cancelled);
      return;
    }
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

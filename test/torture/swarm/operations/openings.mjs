// Closing and opening the store beside the other lanes; and ending the process without closing.

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const reopen = { name: 'reopen', run: (worker, random) => worker.reopen(random) };

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const leave = {
  name: 'leave',
  async run(worker) {
    if (!worker.start.faults.kills) return;
    worker.say({ say: 'ended' });
    process.exit(0);
  },
};

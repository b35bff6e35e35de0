// Who is told of what is measured is code of others: histograms and spans of the host's SDK. What fails in it is theirs; no
// read and no import fails for being measured. The process is warned of the first failure: a metric that is missing
// would not say so.

let isWarned = false;

/** Calls `tell` with each follower; returns what came of those that did not throw. */
export function tellAll<Follower, R>(followers: Iterable<Follower>, tell: (follower: Follower) => R): R[] {
  const told: R[] = [];
  for (const follower of followers) {
    try {
      told.push(tell(follower));
    } catch (error) {
      if (!isWarned) process.emitWarning(`metrics of gristmill are incomplete: the exporter threw: ${String(error)}`);
      isWarned = true;
    }
  }
  return told;
}

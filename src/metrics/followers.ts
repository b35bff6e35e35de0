// Who is told of what is measured is code of others: histograms and spans of the host's SDK. What fails in it is theirs; no
// read and no import fails for being measured.

/** Calls `tell` with each follower; returns what came of those that did not throw. */
export function tellAll<Follower, R>(followers: Iterable<Follower>, tell: (follower: Follower) => R): R[] {
  const told: R[] = [];
  for (const follower of followers) {
    try {
      told.push(tell(follower));
    } catch {}
  }
  return told;
}

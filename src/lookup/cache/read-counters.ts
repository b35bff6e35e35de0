// What the reads of one collection came to, as plain numbers: the read path adds to them and does nothing else; metrics are
// made of them when somebody asks.
//
// Every record that is read, found or not, counts once among `recordHits`, `recordStale`, `frameHits`, `diskReads`,
// `loadsShared`, `inlineReads` and `absent`: by where it was answered.

export class ReadCounters {
  /** Answered by the record cache. */
  recordHits = 0;
  /** Reads answered from the record cache with a stale record: beyond its TTL, or not refreshed because of an error. */
  recordStale = 0;
  /** Answered from a frame in memory. */
  frameHits = 0;
  /** A frame was read and decompressed for it. */
  diskReads = 0;
  /** Waited for a load that another read had begun. */
  loadsShared = 0;
  /** Answered from the index: records of transactions that are not compacted yet. */
  inlineReads = 0;
  /** There was no such record. */
  absent = 0;

  /** Of `recordHits` those that had to be looked up again first, and were found to be where they had been. */
  recordsConfirmed = 0;
  /** Renewals of cached records in the background that ended well, and that failed. */
  refreshes = 0;
  refreshFailures = 0;
  /** Frames loaded in the background, before they were asked for. */
  framesPrefetched = 0;
  /** Entries dropped to make room (evicted), and because of their age or idleness (expired). */
  frameEvictions = 0;
  framesExpired = 0;
  recordEvictions = 0;
  recordsExpired = 0;
}

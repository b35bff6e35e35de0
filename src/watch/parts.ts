// [notices > schedule > readiness > sync > event]
//
// What a watcher needs of others.

import type { StoreEmitter } from '../base/events.js';
import type { SyncOptions, SyncReport } from '../sources/sync.js';
import type { CompactOptions } from '../upkeep/compact/options.js';
import type { Followed } from './follow.js';
import type { NoticesListener, Notifier } from './notices.js';

/** What a watcher is given by its store; tests give other things. */
export interface WatchParts {
  sync(sources: readonly (string | URL)[], options: SyncOptions): Promise<SyncReport>;
  readonly tell: StoreEmitter['tell'];
  /** For option `recompress`. */
  compact(options: CompactOptions): Promise<unknown>;
  /** Called when the watcher has ended. */
  readonly ended?: () => void;
  readonly follow?: (followed: Followed, listener: NoticesListener) => Notifier;
}

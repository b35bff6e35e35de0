// [notices] > schedule > readiness > sync > event
//
// The thread's half of notices.ts: what it is told and what it tells.

import type { MessagePort } from 'node:worker_threads';
import { type Followed, Follower } from './follow.js';

/** To the thread: follow all that is there; end. */
export type Order = 'check' | 'close';

/** From the thread. */
export type Word =
  /** Answers `check`: all that is there is followed. */
  | { readonly kind: 'checked' }
  | { readonly kind: 'noticed'; readonly paths: readonly string[] }
  /** Not everything is followed any more. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };

/** Paths are told together, for so long: a program that writes makes many notices of one path. */
const GATHER_MS = 20;

export function followFor(followed: Followed, port: MessagePort): void {
  const say = (word: Word) => port.postMessage(word);
  let gathered = new Set<string>();
  const follower = new Follower(followed, {
    noticed(path) {
      if (gathered.size === 0) setTimeout(tell, GATHER_MS);
      gathered.add(path);
    },
    failed({ message, code }: NodeJS.ErrnoException) {
      say({ kind: 'failed', message, code });
    },
  });
  const tell = () => {
    say({ kind: 'noticed', paths: [...gathered] });
    gathered = new Set();
  };
  port.on('message', (order: Order) => {
    if (order === 'close') {
      follower.close();
      port.close();
      return;
    }
    follower.check();
    say({ kind: 'checked' });
  });
}

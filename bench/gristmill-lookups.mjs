// gristmill's side of the rivals' `count` and `get` (rivals/rival.mjs): the same keys, in a fresh process, timed alike.
// Its import is run as users run it, by the command line.

import { openStore } from '../dist/src/index.js';
import { runRival } from './rivals/rival.mjs';
import { keyValue } from './setup.mjs';

await runRival({
  load() {
    throw new TypeError('gristmill imports by its own command');
  },
  async open({ out }) {
    const store = await openStore(out, { readOnly: true });
    const records = store.collection('records');
    return {
      get: (key) => records.getTextSync(keyValue(key)),
      count: () => records.count(),
      close: () => store.close(),
    };
  },
});

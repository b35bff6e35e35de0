// Runs once before the suite: worker threads load compiled modules, so dist/ has to be of the sources under test.

import { build } from '../../scripts/build.mjs';

export default function setup(): void {
  build();
}

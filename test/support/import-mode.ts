// The tests import into one collection again and again, so their environment has a mode (vitest.config.ts).

import { afterAll, beforeAll } from 'vitest';

const VARIABLE = 'GRISTMILL_IMPORT_MODE';

/** In the file that calls it, an import has no mode but the one it is given. */
export function withoutImportMode(): void {
  const given = process.env[VARIABLE];
  beforeAll(() => {
    delete process.env[VARIABLE];
  });
  afterAll(() => {
    process.env[VARIABLE] = given;
  });
}

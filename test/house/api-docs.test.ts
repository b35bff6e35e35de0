// Goal: docs/api.md is what the docstrings say, every type that a signature mentions can be imported, and everything that can
// be imported has a docstring. Method: API Extractor reads the declarations in dist/ (scripts/api-docs.mjs).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apiPage } from '../../scripts/api-docs.mjs';
import { ROOT } from '../support/cli.js';

test('docs/api.md is current, and names all there is: run `npm run docs` after a change', async () => {
  const { page, faults } = await apiPage();
  expect(faults).toEqual([]);
  expect(readFileSync(join(ROOT, 'docs/api.md'), 'utf8') === page, 'it is not: run `npm run docs`').toBe(true);
});

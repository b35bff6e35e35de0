// An import that keeps a journal whatever the size of its source, so that it can be resumed when it is killed.
// Argument: JSON of { store, source, options }. A failure is told as `code: <code>` on standard output.

import { runImport } from '../../../dist/src/import/import.js';
import { files } from '../../../dist/src/store/file-blobs.js';
import { openRecovered } from '../../../dist/src/store/recovery.js';

const { store, source, options } = JSON.parse(/** @type {string} */ (process.argv[2]));
const place = { directory: store, blobs: files };
try {
  const catalog = await openRecovered(place, { create: false, readOnly: false });
  try {
    await runImport({ ...place, catalog, journalFrom: 0 }, [source], options);
  } finally {
    await catalog.close();
  }
} catch (error) {
  const { code, stack } = /** @type {any} */ (error);
  console.log(`code: ${code}\n${stack}`);
  process.exitCode = 1;
}

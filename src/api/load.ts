// What is loaded when it is first asked for: imports, upkeep, watching, exporters.

import { part } from '../base/load.js';

export const later = part(() => import('./later.js'), new URL('./later.js', import.meta.url));

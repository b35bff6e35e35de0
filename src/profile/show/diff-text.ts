// two profiles > differences > [text]
//
// A difference as a line for people.

import { percentText } from './cells.js';
import type { SchemaDifference, SchemaSizes } from './diff.js';

/** One line without its end: "+ user.email: string, in 40.0%", "~ age: types integer → integer, string". */
export function differenceText(difference: SchemaDifference): string {
  const path = difference.path === '' ? 'records' : difference.path;
  switch (difference.change) {
    case 'new':
      return `+ ${path}: ${added(difference)}`;
    case 'gone':
      return `- ${path}: ${added(difference)}`;
    case 'types':
      return changed(path, 'types', listed(difference.before), listed(difference.after));
    case 'presence':
      return changed(path, 'in', percentText(difference.before, 1), percentText(difference.after, 1));
    case 'range':
      return changed(path, 'range', between(difference.before), between(difference.after));
    case 'formats':
      return changed(path, 'format', listed(difference.before), listed(difference.after));
    case 'lengths':
      return changed(path, 'characters', sizes(difference.before), sizes(difference.after));
    case 'elements':
      return changed(path, 'elements', sizes(difference.before), sizes(difference.after));
  }
}

function changed(path: string, what: string, before: string, after: string): string {
  return `~ ${path}: ${what} ${before} → ${after}`;
}

function added({ types, presence }: SchemaDifference & { change: 'new' | 'gone' }): string {
  return presence === 1 ? listed(types) : `${listed(types)}, in ${percentText(presence, 1)}`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function sizes({ shortest, longest }: SchemaSizes): string {
  return between({ least: shortest, greatest: longest });
}

function between({ least, greatest }: { least: number | string; greatest: number | string }): string {
  return least === greatest ? String(least) : `${least} … ${greatest}`;
}

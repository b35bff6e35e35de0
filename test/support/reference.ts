// What docs/api.md, which is made from the types, says that objects have.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './cli.js';

const SECTIONS = new Map(
  readFileSync(join(ROOT, 'docs/api.md'), 'utf8')
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

/** The names of the members of a class or interface, those that it inherits too, in order. */
export function membersInReference(name: string): string[] {
  const section = SECTIONS.get(name) ?? '';
  const own = [...section.matchAll(/^#### \w+\.(.+)$/gm), ...section.matchAll(/^- `(?:readonly )?(\w+)/gm)];
  const [, above] = section.match(/^(?:abstract )?(?:class|interface) .*? extends (\w+)(?:<[^{]*>)?$/m) ?? [];
  const inherited = above === undefined ? [] : membersInReference(above);
  return [...new Set([...own.map(([, member]) => member!), ...inherited])].sort();
}

/** Everything that can be reached through an object by name: its own members, and those of its prototypes. */
export function membersOf(object: object): string[] {
  const names = new Set<string>();
  for (let at = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Reflect.ownKeys(at)) {
      // Node 20 describes its symbols otherwise.
      if (typeof name === 'symbol') names.add(`[${name.description?.replace('nodejs.', 'Symbol.')}]`);
      else if (name !== 'constructor') names.add(name);
    }
  }
  return [...names].sort();
}

/** What the classes of an object have beside what every function has. */
export function staticsOf(object: object): string[] {
  const names: string[] = [];
  for (let at = Object.getPrototypeOf(object); at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    names.push(...Reflect.ownKeys(at.constructor).map(String));
  }
  return names.filter((name) => !['length', 'name', 'prototype'].includes(name));
}

// Key paths: how a person names a place in a record (`id`, `user.id`, `/a~1b/c`) and how the kernels take it: a list of
// member names. Two spellings, because dots are what people type and JSON Pointer (RFC 6901) can name every member.
// It stands outside the stages: options, CLI and manifests use it; the kernels only ever see the list.

/**
 * Reads a path: a JSON Pointer when it begins with `/`, otherwise member names separated by dots.
 * A dotted path cannot name members that are empty or contain a dot; a JSON Pointer can.
 */
export function parsePath(path: string): readonly string[] {
  if (typeof path !== 'string') throw new TypeError(`a key path must be a string, not ${typeof path}`);
  if (path === '')
    throw new TypeError('a key path must name a member, such as "id", "user.id" or "/user/id", but it is empty');
  return path.startsWith('/') ? parsePointerPath(path) : parseDotted(path);
}

/**
 * Writes a path the way `parsePath` reads it: with dots where they are unambiguous, otherwise as a JSON Pointer. So is a path
 * with a position.
 */
export function formatPath(path: readonly (string | number)[]): string {
  const names = path.map(String);
  const hasPosition = path.some((name) => typeof name === 'number');
  const hasDottedForm =
    !hasPosition && names.every((name) => name !== '' && !name.includes('.')) && !names[0]?.startsWith('/');
  if (hasDottedForm) return names.join('.');
  return names.map((name) => `/${escaped(name)}`).join('');
}

function parseDotted(path: string): string[] {
  const names = path.split('.');
  if (names.includes('')) {
    const pointer = formatPath(names);
    throw new TypeError(
      `the key path "${path}" has an empty name between its dots; write "${pointer}" if a member really has an empty name`,
    );
  }
  return names;
}

/** Places in a document: on the way to them null stands for every element of an array and every member of an object. */
export type Places = readonly (string | null)[];

/**
 * Reads the places that a text names: a JSON Pointer (`/data/items`, or nothing for the document itself), in which `*` leads
 * to every element or member at its level. A member whose name is an asterisk is written `~2`.
 */
export function parsePointer(pointer: string): Places {
  if (pointer === '') return [];
  const names = typeof pointer === 'string' ? pointer.split('/') : [];
  if (names.length < 2 || names[0] !== '' || names.some((name) => name !== ASTERISK && BAD_TILDE.test(name))) {
    throw new TypeError(`expected a JSON Pointer such as "/data/items", not ${JSON.stringify(pointer)}`);
  }
  return names.slice(1).map((name) => (name === '*' ? null : name === ASTERISK ? '*' : unescaped(name)));
}

/** Writes places the way `parsePointer` reads them. */
export function formatPointer(places: Places): string {
  return places.map((name) => (name === null ? '/*' : `/${name === '*' ? ASTERISK : escaped(name)}`)).join('');
}

/** Whether a document has at most one such place. */
export function isOnePlace(places: Places): places is readonly string[] {
  return !places.includes(null);
}

const BAD_TILDE = /~(?![01])/;
/** In places: the name of a member that is an asterisk. */
const ASTERISK = '~2';

function parsePointerPath(path: string): readonly string[] {
  const badTilde = path.search(BAD_TILDE);
  if (badTilde !== -1) {
    throw new TypeError(
      `the key path "${path}" has a "~" at position ${badTilde} that is not part of "~0" (a tilde) or "~1" (a slash)`,
    );
  }
  return namesOf(path);
}

function namesOf(pointer: string): readonly string[] {
  return pointer.slice(1).split('/').map(unescaped);
}

function unescaped(name: string): string {
  // `~1` first: `~01` is the name `~1`, not a slash.
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

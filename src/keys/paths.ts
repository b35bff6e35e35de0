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

/** Writes a path the way `parsePath` reads it: with dots where they are unambiguous, otherwise as a JSON Pointer. */
export function formatPath(path: readonly (string | number)[]): string {
  const names = path.map(String);
  const hasDottedForm = names.every((name) => name !== '' && !name.includes('.')) && !names[0]?.startsWith('/');
  if (hasDottedForm) return names.join('.');
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
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

/** Reads a JSON Pointer to a place in a document: `/data/items`, or nothing for the document itself. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return [];
  if (typeof pointer !== 'string' || !pointer.startsWith('/') || BAD_TILDE.test(pointer)) {
    throw new TypeError(`expected a JSON Pointer such as "/data/items", not ${JSON.stringify(pointer)}`);
  }
  return namesOf(pointer);
}

/** Writes a place in a document the way `parsePointer` reads it. */
export function formatPointer(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

const BAD_TILDE = /~(?![01])/;

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
  // `~1` first: `~01` is the name `~1`, not a slash.
  return pointer
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

// profile > [names] > TypeScript
//
// Names and texts of records in code. They are data of other people: an escape stands for each character that an editor or a
// terminal would not show, so that code reads as it means.

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A string as code. */
export function stringLiteral(text: string): string {
  return JSON.stringify(text).replace(UNSEEN, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

/** Whether a name can stand in code, in letters that all fonts tell apart. Words such as `class` are not looked for. */
export function isIdentifier(name: string): boolean {
  return IDENTIFIER.test(name);
}

/** The name of a member in a type: quoted unless it is an identifier. */
export function memberName(name: string): string {
  return isIdentifier(name) ? name : stringLiteral(name);
}

/** Plurals that another ending than `s` makes, and words that are none. */
const NO_PLAIN_PLURAL = /(?:ie|[sxz]e|[cs]he|[aiou]|s|new)s$|^s$/i;
/** Names that mean something in a file of types. */
const TAKEN: ReadonlySet<string> = new Set(['Collections', 'Record']);

/** A name of a type for each collection: `User` for `users`, `OrderLine` for `order-lines`. All are different. */
export function typeNamesOf(collections: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const collection of collections) {
    const name = typeNameOf(collection);
    let free = name;
    for (let number = 2; names.has(free) || TAKEN.has(free); number++) free = `${name}${number}`;
    names.add(free);
  }
  return [...names];
}

function typeNameOf(collection: string): string {
  const words = collection.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  if (name === '' || /^\d/.test(name)) return `Record${name}`;
  return NO_PLAIN_PLURAL.test(name) ? name : name.replace(/s$/, '');
}

// Advice gives commands to copy: what stands in them comes from file names, and a shell must read it as it is.

/** Characters that no POSIX shell changes. */
const PLAIN = /^[\w./@%+=:,-]+$/;

/** A text as one word of a command that a person can copy into a POSIX shell. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

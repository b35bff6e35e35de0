// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The name of a member of a document, from the bytes that spell it (import/source/document.ts).

const PLAIN_NAME = /^"[ !#-[\]-~]*"$/;

/** The name that a string spells: most are spelled as they are. @param token a character for each byte */
export function nameOf(token: string): string {
  if (PLAIN_NAME.test(token)) return token.slice(1, -1);
  return JSON.parse(Buffer.from(token, 'latin1').toString('utf8')) as string;
}

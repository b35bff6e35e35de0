// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// The XML of S3's answers: elements and text. It is strict and small on purpose: no document types, and so no entities of the
// server's own; anything that S3 does not send is an error and no guess.

export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Text directly in the element. */
  readonly text: string;
}

const TOKEN = /<\?xml[^>]*\?>|<(\/?)([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const DEPTH_MAX = 16;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The root of a document. @throws SyntaxError */
export function readXml(document: string): Element {
  const text = document.replace(/^\uFEFF/, '');
  const top = { name: '', children: [] as Element[], text: '' };
  const open = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    if (token === null) throw new SyntaxError(`not the XML of S3 at character ${at}`);
    const [, closes, name, , isEmpty, characters] = token;
    const inner = open.at(-1)!;
    if (characters !== undefined) inner.text += unescaped(characters);
    if (name === undefined) continue;
    if (closes === '/') {
      if (open.pop()!.name !== name || open.length === 0)
        throw new SyntaxError(`</${name}> closes nothing at character ${at}`);
      continue;
    }
    const element = { name, children: [], text: '' };
    inner.children.push(element);
    if (isEmpty === '') open.push(element);
    if (open.length > DEPTH_MAX) throw new SyntaxError(`too deep at character ${at}`);
  }
  const [root] = top.children;
  if (open.length !== 1 || root === undefined || top.children.length > 1 || top.text.trim() !== '') {
    throw new SyntaxError('not one whole document');
  }
  return root;
}

/** The text of the child of that name. */
export function textOf(element: Element, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

function unescaped(text: string): string {
  return text.replace(/&([^;&]{0,10});?/g, (whole, name: string) => {
    const number = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name);
    const code = number && Number.parseInt(number[1] ?? number[2]!, number[1] === undefined ? 10 : 16);
    const character = code === null ? ENTITIES[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
    if (character === undefined || !whole.endsWith(';')) throw new SyntaxError(`unknown entity ${whole}`);
    return character;
  });
}

// Compact JSON in, JSON indented by two spaces out, as JSON.stringify(value, null, 2) spells it.
// It works on bytes and never on values, so a 19-digit integer stays a 19-digit integer.

const byteOf = (character: string) => character.charCodeAt(0);

const QUOTE = byteOf('"');
const BACKSLASH = byteOf('\\');
const COMMA = byteOf(',');
const COLON = byteOf(':');
const SPACE = byteOf(' ');
const NEWLINE = byteOf('\n');
const OPEN_BRACE = byteOf('{');
const CLOSE_BRACE = byteOf('}');
const OPEN_BRACKET = byteOf('[');
const CLOSE_BRACKET = byteOf(']');

const INDENT_BYTES = 2;
const DEPTH_MAX = 64;

/** One text, given in pieces that may be cut anywhere. */
export class Pretty {
  private output = Buffer.alloc(0);
  private used = 0;
  private depth = 0;
  private inString = false;
  private escaped = false;
  // After `[` or `{` the line break waits for the next byte: an empty array stays `[]`.
  private opened = false;

  /** The result is overwritten by the next call. */
  write(compact: Uint8Array): Uint8Array {
    this.used = 0;
    for (const byte of compact) {
      this.reserve();
      if (this.inString) this.insideString(byte);
      else this.outsideString(byte);
    }
    return this.output.subarray(0, this.used);
  }

  /** Room for what one byte can become: itself, a line break, an indent, a space. */
  private reserve(): void {
    if (this.used + 3 + DEPTH_MAX * INDENT_BYTES <= this.output.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 ** 16, this.output.length * 2));
    this.output.copy(grown, 0, 0, this.used);
    this.output = grown;
  }

  private insideString(byte: number): void {
    this.output[this.used++] = byte;
    if (this.escaped) this.escaped = false;
    else if (byte === BACKSLASH) this.escaped = true;
    else if (byte === QUOTE) this.inString = false;
  }

  private outsideString(byte: number): void {
    const closes = byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
    if (closes) this.depth--;
    if (closes !== this.opened) this.breakLine();
    this.opened = false;
    this.output[this.used++] = byte;
    if (byte === QUOTE) this.inString = true;
    else if (byte === COMMA) this.breakLine();
    else if (byte === COLON) this.output[this.used++] = SPACE;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      this.depth++;
      if (this.depth > DEPTH_MAX) throw new RangeError(`pretty-printing stops at a depth of ${DEPTH_MAX}`);
      this.opened = true;
    }
  }

  private breakLine(): void {
    this.output[this.used++] = NEWLINE;
    for (let spaces = this.depth * INDENT_BYTES; spaces > 0; spaces--) this.output[this.used++] = SPACE;
  }
}

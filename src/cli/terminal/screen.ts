// A text that stands still on a terminal and is written over: on its second screen, so that what was there before comes
// back at the end. The sequences are those of every terminal since the VT100 (xterm's control sequences).

/** Whether a stream is a terminal that moves its cursor when it is asked to. */
export function movesCursor(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

const ESCAPE = '\u001b[';
const SECOND_SCREEN = `${ESCAPE}?1049h`;
const FIRST_SCREEN = `${ESCAPE}?1049l`;
const HIDE_CURSOR = `${ESCAPE}?25l`;
const SHOW_CURSOR = `${ESCAPE}?25h`;
/** Long lines are cut, not wrapped. */
const CUT_LINES = `${ESCAPE}?7l`;
const WRAP_LINES = `${ESCAPE}?7h`;
const HOME = `${ESCAPE}H`;
const CLEAR_LINE = `${ESCAPE}K`;
const CLEAR_BELOW = `${ESCAPE}J`;

/** What it needs of a terminal. */
interface Terminal {
  /** 0 where it does not tell. */
  readonly rows: number;
  write(text: string): unknown;
}

export class Screen {
  readonly #terminal: Terminal;
  #last = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(SECOND_SCREEN + HIDE_CURSOR + CUT_LINES);
  }

  /**
   * Puts a text in place of the last one; lines that have no room are left out. Nothing in it may be a control character
   * but newlines.
   * @returns what `write` of the terminal returns
   */
  draw(text: string): unknown {
    this.#last = text;
    const lines = text
      .trimEnd()
      .split('\n')
      .slice(0, this.#terminal.rows || undefined);
    // No line is cleared before it is written, and all is written at once: it does not flicker.
    return this.#terminal.write(`${HOME}${lines.map((line) => line + CLEAR_LINE).join('\r\n')}${CLEAR_BELOW}`);
  }

  /** Gives the terminal back, with the last text below what was there before. */
  close(): unknown {
    return this.#terminal.write(`${WRAP_LINES}${SHOW_CURSOR}${FIRST_SCREEN}${this.#last}`);
  }
}

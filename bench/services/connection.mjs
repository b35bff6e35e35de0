// One connection to a service, kept alive, one request at a time. It does as little as it can: what is to be measured is the
// service, and both have to share the machine.

import { connect } from 'node:net';

const HEAD_END = '\r\n\r\n';

export class Connection {
  #socket;
  #received = '';
  #answered;
  #failed;

  /** @returns {Promise<Connection>} */
  static open(port) {
    const connection = new Connection();
    return new Promise((resolve, reject) => {
      connection.#failed = reject;
      connection.#socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(connection));
      // A character a byte, so that lengths are those of the headers.
      connection.#socket.setEncoding('latin1').on('data', (text) => connection.#take(text));
      connection.#socket.on('error', (error) => connection.#failed(error));
      connection.#socket.on('close', () => connection.#failed(new Error('the service closed the connection')));
    });
  }

  /** @returns {Promise<{ status: number, body: string }>} */
  request(method, path, body) {
    const content =
      body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${content}\r\n${body ?? ''}`);
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
    });
  }

  close() {
    this.#failed = () => {};
    this.#socket.destroy();
  }

  #take(text) {
    this.#received += text;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const bodyAt = headEnd + HEAD_END.length;
    if (this.#received.length < bodyAt + length) return;
    const body = this.#received.slice(bodyAt, bodyAt + length);
    this.#received = this.#received.slice(bodyAt + length);
    this.#answered({ status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)), body });
  }
}

// An S3 service that we did not write (s3rver, a process of its own), behind a check of signatures that we did not write
// either: AWS's own signer signs each request again, and the two signatures have to be the same. s3rver then checks them too.

import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { fileURLToPath } from 'node:url';
import { SignatureV4 } from '@smithy/signature-v4';
import { makeDirectory } from './import-files.js';
import { listening, shut } from './remote-server.js';

/** The one user that s3rver knows. */
export const KEYS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
export const BUCKET = 'bucket';
export const PUBLIC_BUCKET = 'public-bucket';
export const REGION = 'eu-central-1';
export const SESSION_TOKEN = 'session/token+of=the user';

class Sha256 {
  readonly #hash;

  constructor(key?: unknown) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as Uint8Array);
  }

  update(data: unknown): void {
    this.#hash.update(data as Uint8Array);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}

export interface S3Server {
  readonly endpoint: string;
  /** Requests that passed the check, and those that did not. */
  readonly requests: IncomingMessage[];
  /** Variables for a program that reads with these keys. */
  readonly environment: NodeJS.ProcessEnv;
  put(key: string, bytes: Uint8Array | string, bucket?: string): Promise<void>;
  remove(key: string): Promise<void>;
  close(): void;
}

/** Starts both; close it when the tests are done. */
export async function s3Server(): Promise<S3Server> {
  const directory = makeDirectory();
  const service = await startService(directory.path);
  const requests: IncomingMessage[] = [];
  const server = createServer(async (request, response) => {
    requests.push(request);
    const error = await refusalOf(request);
    if (error === undefined) return forward(request, response, service.port);
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error}</Code></Error>`);
  });
  const { url } = await listening(server);
  const asked = async (method: string, bucket: string, key: string, bytes?: Uint8Array | string) => {
    const path = `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
    const request = send({ host: '127.0.0.1', port: service.port, agent: false, method, path });
    request.end(bytes);
    const [{ statusCode }] = await once(request, 'response');
    if (statusCode !== 200 && statusCode !== 204) throw new Error(`s3rver answered ${statusCode} to ${method} ${key}`);
  };
  const put = (key: string, bytes: Uint8Array | string, bucket = BUCKET) => asked('PUT', bucket, key, bytes);
  const remove = (key: string) => asked('DELETE', BUCKET, key);
  const endpoint = new URL('/', url).href;
  const environment = {
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL_S3: endpoint,
    HOME: directory.path,
  };
  const close = () => {
    shut(server);
    service.stop();
    directory.remove();
  };
  return { endpoint, requests, environment, put, remove, close };
}

async function startService(directory: string): Promise<{ readonly port: number; stop(): void }> {
  const program = fileURLToPath(new URL('s3-service.mjs', import.meta.url));
  const args = ['--openssl-legacy-provider', program, directory, BUCKET, PUBLIC_BUCKET];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => ['nothing'])]);
  const port = Number(String(line));
  if (!Number.isInteger(port)) throw new Error(`s3rver did not start: it said ${line}`);
  return { port, stop: () => child.kill() };
}

function forward(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url, headers } = request;
  const passed = send({ host: '127.0.0.1', port, agent: false, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  response.on('close', () => passed.destroy());
  request.pipe(passed);
}

/** The code of S3's error for a request that must not be served. */
async function refusalOf(request: IncomingMessage): Promise<string | undefined> {
  const { authorization } = request.headers;
  if (authorization === undefined) return request.url!.startsWith(`/${PUBLIC_BUCKET}/`) ? undefined : 'AccessDenied';
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (match === null || match[3] !== REGION) return 'AuthorizationHeaderMalformed';
  if (match[1] !== KEYS.accessKeyId) return 'InvalidAccessKeyId';
  const token = request.headers['x-amz-security-token'];
  if (token !== undefined && token !== SESSION_TOKEN) return 'ExpiredToken';
  const signed = await signatureOf(request, match[4]!.split(';'));
  return signed === match[5] ? undefined : 'SignatureDoesNotMatch';
}

async function signatureOf(request: IncomingMessage, names: readonly string[]): Promise<string | undefined> {
  const [path, search = ''] = request.url!.split('?');
  const pairs = search === '' ? [] : search.split('&').map((pair) => pair.split('=').map(decodeURIComponent));
  const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(headers['x-amz-date']!)!;
  const signer = new SignatureV4({
    ...{ service: 's3', region: REGION, sha256: Sha256, uriEscapePath: false, applyChecksum: false },
    credentials: { ...KEYS, ...(headers['x-amz-security-token'] && { sessionToken: headers['x-amz-security-token'] }) },
  });
  const again = await signer.sign(
    {
      ...{ method: request.method!, protocol: 'http:', hostname: '127.0.0.1', path: path!, headers },
      query: Object.fromEntries(pairs) as Record<string, string>,
    },
    { signingDate: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) },
  );
  return /Signature=([0-9a-f]{64})$/.exec(again.headers.authorization!)?.[1];
}

// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Access to S3: each request is signed for the time at which it is sent, or not at all where there are no credentials. This
// file alone knows the package that signs.

import type { IncomingHttpHeaders } from 'node:http';
import { GristmillError } from '../../../base/errors.js';
import { loadPackage } from '../../../base/load.js';
import type { Access, Authorized, Refusal } from '../http/access.js';
import { nameOf, type ObjectName, shownName, urlOf } from './address.js';
import { type Configuration, configurationOf } from './configuration.js';

/** What to do about the codes of S3 that have one reason. */
const ADVICE = new Map([
  ['ExpiredToken', 'The session of these credentials has ended: get new ones.'],
  [
    'InvalidAccessKeyId',
    'The service does not know this access key: check AWS_ACCESS_KEY_ID, or the profile, and the endpoint.',
  ],
  [
    'SignatureDoesNotMatch',
    'The secret key does not belong to the access key: check AWS_SECRET_ACCESS_KEY, or the profile.',
  ],
  ['RequestTimeTooSkewed', 'The clock of this machine is wrong: set it.'],
  ['InvalidObjectState', 'The object is archived: restore it first.'],
]);

export class S3Access implements Access {
  readonly shown: string;
  readonly #name: ObjectName;
  readonly #configuration: Configuration;
  /** Keys for signatures of a day, made once. */
  readonly #cache = new Map<string, ArrayBuffer>();
  #region: string;
  /** The query string of the next request, escaped. */
  query = '';

  /** @throws SOURCE_NOT_FOUND for a name that no address can have */
  constructor(name: ObjectName, configuration: Configuration) {
    this.shown = shownName(name);
    if (name.key.split('/').some((part) => part === '.' || part === '..')) {
      const message = `${this.shown} cannot be requested: an address cannot have a part "." or "..". Copy the object to another key.`;
      throw new GristmillError('SOURCE_NOT_FOUND', message, { file: this.shown });
    }
    this.#name = name;
    this.#configuration = configuration;
    this.#region = configuration.region;
  }

  async authorize(): Promise<Authorized> {
    const { credentials, endpoint } = this.#configuration;
    const url = urlOf(this.#name, { endpoint, region: this.#region });
    url.search = this.query;
    if (credentials === undefined) return { url, secrets: {} };
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const { AwsV4Signer } = loadPackage<typeof import('aws4fetch')>('aws4fetch');
    const signer = new AwsV4Signer({
      ...{ url: url.href, service: 's3', region: this.#region, cache: this.#cache },
      ...{ accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    });
    const { headers } = await signer.sign();
    return { url, secrets: Object.fromEntries(headers) };
  }

  /** The region of the bucket comes with the refusal of another one. */
  learns(headers: IncomingHttpHeaders): boolean {
    const region = headers['x-amz-bucket-region'];
    if (typeof region !== 'string' || !/^[a-z0-9-]+$/.test(region) || region === this.#region) return false;
    this.#region = region;
    return true;
  }

  advice({ code }: Refusal): string {
    const known = ADVICE.get(code ?? '');
    if (known !== undefined) return known;
    return this.#configuration.credentials === undefined
      ? 'There are no credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor in a profile, so gristmill requested it as a public object.'
      : 'Check that these credentials may read it (s3:GetObject, and s3:ListBucket for patterns).';
  }
}

/** Access to an object. @throws CONFIG_INVALID, IO_ERROR, SOURCE_NOT_FOUND; TypeError for an address that is none */
export async function accessTo(address: string | URL, environment: NodeJS.ProcessEnv): Promise<S3Access> {
  return new S3Access(nameOf(address), await configurationOf(environment));
}

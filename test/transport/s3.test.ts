// Goal: objects of S3 are read and listed exactly, whatever their keys, with signatures that AWS's own signer agrees with; and
// what the service refuses is an error that says what to do.
// Method: s3rver, and in front of it the signer of the AWS SDK (test/support/s3-server.ts); servers of ours for what s3rver
// does not do.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openRemote } from '../../src/import/transport/remote.js';
import { S3Access } from '../../src/import/transport/s3/access.js';
import { urlOf } from '../../src/import/transport/s3/address.js';
import { type ListedObject, type ListSettings, listS3 } from '../../src/import/transport/s3/list.js';
import { runs } from '../support/effort.js';
import { collect, serve, TestClock } from '../support/remote-server.js';
import { BUCKET, PUBLIC_BUCKET, REGION, type S3Server, SESSION_TOKEN, s3Server } from '../support/s3-server.js';

const BYTES = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 17 + (i >> 8)) & 255));

let service: S3Server;

beforeAll(async () => {
  service = await s3Server();
  return service.close;
});

async function listed(pattern: string, settings: ListSettings): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for await (const object of listS3(pattern, settings)) objects.push(object);
  return objects;
}

const addresses = async (pattern: string, settings: ListSettings) =>
  (await listed(pattern, settings)).map(({ address }) => address);

/** Keys that need care in addresses, signatures and XML. s3rver keeps them as names of files, so some cannot be. */
const ODD_KEYS = [
  'plain.json',
  'with blank.json',
  'a+b.json',
  'per%cent%20.json',
  'a&b=c?d#e;f.json',
  'quote\'"s.json',
  '(brackets)[1]{2}!*~$@,:.json',
  '<tag>&amp;.json',
  'ü/日本/😀.json',
  'back\\slash.json',
];

describe('objects', () => {
  test('of any key are read, with signatures that AWS agrees with', async () => {
    const { environment, put, requests } = service;
    const before = requests.length;
    for (const key of ODD_KEYS) {
      await put(key, BYTES);
      const object = await openRemote(`s3://${BUCKET}/${key}`, { environment, rangeBytes: 20_000 });
      expect(object).toMatchObject({ shown: `s3://${BUCKET}/${key}`, bytes: BYTES.byteLength, hasRanges: true });
      expect((await collect(object.sequence())).equals(BYTES)).toBe(true);
      const url = new URL(`s3://${BUCKET}/${key.split('/').map(encodeURIComponent).join('/')}`);
      expect((await openRemote(url, { environment })).shown).toBe(object.shown);
    }
    expect(requests.length - before).toBe(ODD_KEYS.length * 5);
  });

  test('are read with a session token, and of a public bucket without any keys', async () => {
    const { environment, put, endpoint, requests } = service;
    await put('key', BYTES);
    await put('key', BYTES, PUBLIC_BUCKET);
    await openRemote(`s3://${BUCKET}/key`, { environment: { ...environment, AWS_SESSION_TOKEN: SESSION_TOKEN } });
    expect(requests.at(-1)!.headers['x-amz-security-token']).toBe(SESSION_TOKEN);
    const anonymous = { AWS_ENDPOINT_URL: endpoint, HOME: environment.HOME };
    const object = await openRemote(`s3://${PUBLIC_BUCKET}/key`, { environment: anonymous });
    expect((await collect(object.sequence())).equals(BYTES)).toBe(true);
  });

  test('that are replaced in the middle are changed, though s3rver knows no If-Match', async () => {
    const { environment, put } = service;
    await put('key', BYTES);
    const object = await openRemote(`s3://${BUCKET}/key`, { environment, rangeBytes: 10_000 });
    await put('key', Buffer.from(BYTES).reverse());
    await expect(collect(object.sequence())).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
      file: `s3://${BUCKET}/key`,
    });
  });

  test.each([
    ['key', { AWS_ACCESS_KEY_ID: 'other' }, 'SOURCE_FORBIDDEN', 'check AWS_ACCESS_KEY_ID'],
    ['key', { AWS_SECRET_ACCESS_KEY: 'other' }, 'SOURCE_FORBIDDEN', 'check AWS_SECRET_ACCESS_KEY'],
    ['key', { AWS_SESSION_TOKEN: 'old' }, 'SOURCE_FORBIDDEN', 'The session of these credentials has ended'],
    ['key', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, 'SOURCE_FORBIDDEN', 'There are no credentials'],
    ['other', {}, 'SOURCE_NOT_FOUND', 'NoSuchKey'],
    ['a/../key', {}, 'SOURCE_NOT_FOUND', 'Copy the object to another key'],
  ])('%s with %o is %s', async (key, changes, code, text) => {
    const { environment, put } = service;
    await put('key', BYTES);
    const settings = { environment: { ...environment, ...changes }, clock: new TestClock() };
    const error = await openRemote(`s3://${BUCKET}/${key}`, settings).catch((cause) => cause);
    expect(error).toMatchObject({ code, file: `s3://${BUCKET}/${key}` });
    expect(error.message).toContain(text);
  });

  test('of no bytes', async () => {
    const { environment, put } = service;
    await put('empty', '');
    const object = await openRemote(`s3://${BUCKET}/empty`, { environment });
    expect(object.bytes).toBe(0);
    expect(await collect(object.sequence())).toHaveLength(0);
  });

  test('are asked for in their own region once the service names it', async () => {
    const { url, requests } = await serve((_request, response, number) => {
      response.setHeader('x-amz-bucket-region', 'eu-west-1');
      if (number === 0) response.writeHead(301).end('<Error><Code>PermanentRedirect</Code></Error>');
      else response.setHeader('etag', '"one"').writeHead(206, { 'content-range': 'bytes 0-0/1' }).end('x');
    });
    const environment = {
      ...{ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key', HOME: '/nowhere' },
      AWS_ENDPOINT_URL: new URL('/', url).href,
    };
    await openRemote('s3://bucket/key', { environment });
    expect(requests.map(({ headers }) => /\d{8}\/([^/]+)\/s3/.exec(headers.authorization!)?.[1])).toEqual([
      'us-east-1',
      'eu-west-1',
    ]);
  });
});

describe('addresses', () => {
  test.each([
    ['bucket', 'us-east-1', undefined, 'https://bucket.s3.us-east-1.amazonaws.com/a/b%20c'],
    ['with.dots', 'eu-west-1', undefined, 'https://s3.eu-west-1.amazonaws.com/with.dots/a/b%20c'],
    ['Upper_case', 'eu-west-1', undefined, 'https://s3.eu-west-1.amazonaws.com/Upper_case/a/b%20c'],
    ['bucket', 'cn-north-1', undefined, 'https://bucket.s3.cn-north-1.amazonaws.com.cn/a/b%20c'],
    ['bucket', 'auto', 'https://host:9000/s3/', 'https://host:9000/s3/bucket/a/b%20c'],
  ])('of %s in %s at %s', (bucket, region, endpoint, expected) => {
    const where = { region, endpoint: endpoint === undefined ? undefined : new URL(endpoint) };
    expect(urlOf({ bucket, key: 'a/b c' }, where).href).toBe(expected);
  });

  test('have the key as it is, whatever it is', () => {
    const where = { region: REGION, endpoint: undefined };
    const isPlain = (key: string) => !key.split('/').some((part) => part === '.' || part === '..');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }).filter(isPlain), (key) => {
        expect(decodeURIComponent(urlOf({ bucket: 'b', key }, where).pathname)).toBe(`/${key}`);
        expect(new S3Access({ bucket: 'b', key }, { ...where, credentials: undefined }).shown).toBe(`s3://b/${key}`);
      }),
      { numRuns: runs(50) },
    );
  });

  test.each(['s3://bucket', 's3:///key', 's3://', 's3:bucket/key', 's3://a b/key', 's3://bucket/\ud800'])(
    '%s is none',
    async (address) => {
      await expect(openRemote(address, { environment: { HOME: '/nowhere' } })).rejects.toThrow(TypeError);
    },
  );
});

describe('lists', () => {
  test('have all objects below a prefix, page after page, in order', async () => {
    const { environment, put, requests } = service;
    const keys = Array.from({ length: 15 }, (_, i) => `many/${i + 10}.gz`);
    for (const key of [...keys, 'other']) await put(key, key);
    const before = requests.length;
    const found = await listed(`s3://${BUCKET}/many/`, { environment, pageObjects: 4, clock: new TestClock() });
    expect(found.map(({ address }) => address)).toEqual(keys.map((key) => `s3://${BUCKET}/${key}`));
    expect(found.map(({ bytes }) => bytes)).toEqual(keys.map((key) => key.length));
    expect(requests.length - before).toBe(4);
    const { etag, address } = found[3]!;
    expect((await openRemote(address, { environment })).etag).toBe(etag);
  });

  test('have keys of all kinds, also where the service escapes them', async () => {
    const { environment, put } = service;
    // s3rver escapes some characters twice.
    const keys = ODD_KEYS.filter((key) => !/[<>&'"]/.test(key)).map((key) => `odd/${key}`);
    for (const key of keys) await put(key, key);
    const found = await addresses(`s3://${BUCKET}/odd/`, { environment });
    expect(found.sort()).toEqual(keys.map((key) => `s3://${BUCKET}/${key}`).sort());

    // As Amazon does: a blank is a plus, all else is percent.
    const contents = ODD_KEYS.map((key) => {
      const escaped = encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
      return `<Contents><Key>${escaped}</Key><Size>1</Size></Contents>`;
    });
    const page = `<ListBucketResult><EncodingType>url</EncodingType>${contents.join('')}</ListBucketResult>`;
    const { url } = await serve((_request, response) => response.end(page));
    const settings = { environment: { AWS_ENDPOINT_URL: new URL('/', url).href, HOME: '/nowhere' } };
    expect(await addresses(`s3://${BUCKET}/`, settings)).toEqual(ODD_KEYS.map((key) => `s3://${BUCKET}/${key}`));
  });

  test('of patterns have those that match', async () => {
    const { environment, put } = service;
    const names = ['logs/1.gz', 'logs/2.gz', 'logs/3.txt', 'logs/a/4.gz', 'logs-5.gz', 'logs/[x].gz'];
    for (const name of names) await put(`p/${name}`, name);
    const at = (pattern: string) => addresses(`s3://${BUCKET}/p/${pattern}`, { environment });
    const named = (...keys: string[]) => keys.map((key) => `s3://${BUCKET}/p/${key}`);
    expect(await at('logs/*.gz')).toEqual(named('logs/1.gz', 'logs/2.gz', 'logs/[x].gz'));
    expect(await at('logs/**/*.gz')).toEqual(named('logs/1.gz', 'logs/2.gz', 'logs/[x].gz', 'logs/a/4.gz'));
    expect(await at('logs/?.{gz,txt}')).toEqual(named('logs/1.gz', 'logs/2.gz', 'logs/3.txt'));
    expect(await at('l*/[12].gz')).toEqual(named('logs/1.gz', 'logs/2.gz'));
    expect(await at('*.gz')).toEqual(named('logs-5.gz'));
    expect(await at('logs/')).toHaveLength(5);
    expect(await at('nothing/*')).toEqual([]);
  });

  test('of a bucket that is not there, or may not be listed', async () => {
    const { environment } = service;
    const clock = new TestClock();
    await expect(listed('s3://no-bucket/', { environment, clock })).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    const wrong = { ...environment, AWS_SECRET_ACCESS_KEY: 'other' };
    await expect(listed(`s3://${BUCKET}/`, { environment: wrong, clock })).rejects.toMatchObject({
      code: 'SOURCE_FORBIDDEN',
    });
  });

  test('that are cancelled', async () => {
    const stop = new AbortController();
    const { url } = await serve(() => stop.abort());
    const environment = { AWS_ENDPOINT_URL: new URL('/', url).href, HOME: '/nowhere' };
    await expect(listed('s3://bucket/', { environment, signal: stop.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  test.each([
    ['no XML', 'hello'],
    ['another document', '<Other/>'],
    ['a page that breaks off', '<ListBucketResult><Contents><Key>a</Key>'],
    ['an object without a size', '<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>'],
    ['a next page that is not named', '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>'],
    [
      'the same page again and again',
      '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>',
    ],
  ])('that are %s are an error, never a shorter list', async (_, document) => {
    const { url } = await serve((_request, response) => response.end(document));
    const environment = { AWS_ENDPOINT_URL: new URL('/', url).href, HOME: '/nowhere' };
    await expect(listed('s3://bucket/', { environment, clock: new TestClock() })).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      file: 's3://bucket/',
    });
  });
});

// Goal: credentials, region and endpoint are found where the AWS command line has them, in its order; what gristmill does not
// read is an error that says how to get keys, and never a request without a signature.
// Method: variables and files of profiles in a scratch directory.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configurationOf } from '../../src/import/transport/s3/configuration.js';
import { sectionsOf } from '../../src/import/transport/s3/ini.js';
import { readXml, textOf } from '../../src/import/transport/s3/xml.js';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';

const CREDENTIALS = `
# a comment
[default]
aws_access_key_id = default-id
aws_secret_access_key=default/secret+with=signs # a comment

[work]
aws_access_key_id = work-id
aws_secret_access_key = work-secret
aws_session_token = work-token
[half]
aws_access_key_id = half-id
`;
const CONFIG = `[default]
region = eu-central-1
s3 =
  max_concurrent_requests = 20
  region = not-this-one
[profile work]
region = us-west-2
endpoint_url = https://work.example:9000
[profile "two words"]
aws_access_key_id = two-id
aws_secret_access_key = two-secret
[profile sso]
sso_session = company
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = default
[profile program]
credential_process = /bin/keys
`;

/** A home with both files. */
function home(): string {
  const path = scratch();
  mkdirSync(join(path, '.aws'));
  writeFileSync(join(path, '.aws/credentials'), CREDENTIALS);
  writeFileSync(join(path, '.aws/config'), CONFIG);
  return path;
}

const VARIABLES = { AWS_ACCESS_KEY_ID: 'env-id', AWS_SECRET_ACCESS_KEY: 'env-secret' };
const ENV = { accessKeyId: 'env-id', secretAccessKey: 'env-secret', sessionToken: undefined };

describe('configuration', () => {
  test.each([
    [
      'the default profile',
      {},
      { accessKeyId: 'default-id', secretAccessKey: 'default/secret+with=signs' },
      'eu-central-1',
    ],
    ['a named profile', { AWS_PROFILE: 'work' }, { accessKeyId: 'work-id', sessionToken: 'work-token' }, 'us-west-2'],
    ['a profile with a blank', { AWS_PROFILE: 'two words' }, { accessKeyId: 'two-id' }, 'us-east-1'],
    ['variables first', VARIABLES, ENV, 'eu-central-1'],
    ['variables before a profile', { ...VARIABLES, AWS_PROFILE: 'work' }, ENV, 'us-west-2'],
    ['variables before a profile that has no keys', { ...VARIABLES, AWS_PROFILE: 'sso' }, ENV, 'us-east-1'],
    ['a session token', { ...VARIABLES, AWS_SESSION_TOKEN: 't' }, { ...ENV, sessionToken: 't' }, 'eu-central-1'],
    ['AWS_REGION', { AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' }, { accessKeyId: 'default-id' }, 'a'],
    ['AWS_DEFAULT_REGION', { AWS_REGION: '', AWS_DEFAULT_REGION: 'b' }, { accessKeyId: 'default-id' }, 'b'],
  ])('%s', async (_, variables, credentials, region) => {
    const configuration = await configurationOf({ HOME: home(), ...variables });
    expect(configuration).toMatchObject({ credentials, region });
  });

  test('without anything: no credentials, and the first region', async () => {
    const configuration = await configurationOf({ HOME: scratch() });
    expect(configuration).toEqual({ credentials: undefined, region: 'us-east-1', endpoint: undefined });
  });

  test('files in other places', async () => {
    const folder = home();
    const configuration = await configurationOf({
      HOME: '/nowhere',
      AWS_CONFIG_FILE: join(folder, '.aws/config'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, '.aws/credentials'),
    });
    expect(configuration).toMatchObject({ credentials: { accessKeyId: 'default-id' }, region: 'eu-central-1' });
  });

  test.each([
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'http://b' }, 'http://b/'],
    [{ AWS_ENDPOINT_URL: 'http://a' }, 'http://a/'],
    [{ AWS_PROFILE: 'work' }, 'https://work.example:9000/'],
    [{ AWS_PROFILE: 'work', AWS_ENDPOINT_URL: 'http://a' }, 'http://a/'],
  ])('the endpoint of %o', async (variables, endpoint) => {
    expect((await configurationOf({ HOME: home(), ...variables })).endpoint?.href).toBe(endpoint);
  });

  test.each([
    [{ AWS_PROFILE: 'none' }, 'neither'],
    [{ AWS_PROFILE: 'half' }, 'without aws_secret_access_key'],
    [{ AWS_PROFILE: 'sso' }, 'eval "$(aws configure export-credentials --profile sso --format env)"'],
    [{ AWS_PROFILE: 'role' }, 'role_arn'],
    [{ AWS_PROFILE: 'program' }, 'credential_process'],
    [{ AWS_ACCESS_KEY_ID: 'id' }, 'without AWS_SECRET_ACCESS_KEY'],
    [{ AWS_SECRET_ACCESS_KEY: 'hush' }, 'without AWS_ACCESS_KEY_ID'],
    [{ AWS_ENDPOINT_URL: 'localhost:9000' }, 'http://'],
  ])('%o is refused', async (variables, text) => {
    const error = await configurationOf({ HOME: home(), ...variables }).catch((cause) => cause);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(error.message).toContain(text);
    expect(error.message).not.toContain('hush');
  });

  test('a file that cannot be read is no file that is not there', async () => {
    const folder = scratch();
    await expect(configurationOf({ HOME: folder, AWS_CONFIG_FILE: folder })).rejects.toMatchObject({
      code: 'IO_ERROR',
    });
  });

  test('windows line ends, a mark, and names in upper case', () => {
    const sections = sectionsOf(
      '\uFEFF[default]\r\nAWS_ACCESS_KEY_ID = id\r\n; aws_secret_access_key = no\r\n[ x ]\r\na=b',
    );
    expect(Object.fromEntries(sections)).toEqual({ default: { aws_access_key_id: 'id' }, x: { a: 'b' } });
  });
});

describe('XML', () => {
  const inXml = (text: string) =>
    text.replace(/[<>&'"\r]/g, (c) =>
      c === '<' ? '&lt;' : c === '&' ? '&amp;' : `&#x${c.charCodeAt(0).toString(16)};`,
    );

  test('gives back any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
        const rows = texts.map((text) => `<Row>\n <Key id="a">${inXml(text)}</Key><None/></Row>`).join('');
        const root = readXml(`<?xml version="1.0" encoding="UTF-8"?>\n<List xmlns='x'>${rows}</List>\n`);
        expect(root.children.map((row) => [textOf(row, 'Key'), textOf(row, 'None')])).toEqual(
          texts.map((text) => [text, '']),
        );
      }),
      { numRuns: runs(100) },
    );
  });

  test.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an unknown entity', '<a>&b;</a>'],
    ['an ampersand alone', '<a>x & y</a>'],
    ['a number that is no character', '<a>&#x110000;</a>'],
    ['ends that do not fit', '<a><b></a></b>'],
    ['an end too many', '<a></a></a>'],
    ['no end', '<a><b></b>'],
    ['two roots', '<a/><b/>'],
    ['text outside', '<a/>x'],
    ['nothing', ''],
    ['a tag that breaks off', '<a><b'],
    ['great depth', '<a>'.repeat(100) + '</a>'.repeat(100)],
    ['a processing instruction', '<a><?php x ?></a>'],
  ])('%s is refused', (_, document) => {
    expect(() => readXml(document)).toThrow(SyntaxError);
  });
});

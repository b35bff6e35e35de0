// A process with an S3 service that we did not write: node --openssl-legacy-provider s3-service.mjs <directory> <bucket>…
// It prints its port. It is a process of its own because it makes the names of next pages with an old cipher (DES), which
// Node has only on request.

import { createRequire } from 'node:module';

/** It has no types. */
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver');
const [directory, ...buckets] = process.argv.slice(2);
const configureBuckets = buckets.map((name) => ({ name, configs: [] }));
const service = new S3rver({
  address: '127.0.0.1',
  port: 0,
  directory,
  silent: true,
  vhostBuckets: false,
  configureBuckets,
});
const { port } = await service.run();
console.log(port);
process.stdin.resume().on('end', () => process.exit());

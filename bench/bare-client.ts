import { Agent, request } from 'node:http';

/** The least that any client of Node.js takes: `CALLS` requests to `URL` over kept connections, two of them before the others. */
const { URL: url = '', CALLS: calls = '0', CONCURRENCY: concurrency = '1' } = process.env;
const agent = new Agent({ keepAlive: true });
const call = () =>
  new Promise<void>((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent }, (response) => response.resume().on('end', resolve));
    sent.on('error', reject);
    sent.end('Action=AssumeRole');
  });
await call();
await call();
let left = Number(calls) - 2;
const work = async () => {
  while (left-- > 0) await call();
};
await Promise.all(Array.from({ length: Number(concurrency) }, work));
process.exit(0);

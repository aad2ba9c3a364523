import aws4 from 'aws4';
import { XMLParser } from 'fast-xml-parser';
import { freePort } from '../../free-port.ts';
import { realProgram, requirePrograms } from '../../process/real-programs.ts';
import { isAnswered, startProcess } from '../../process/start-process.ts';
import type { Keys } from './ask.ts';

export interface Moto {
  readonly url: string;
  /** One call of IAM's query API; the answer's `…Result` element. */
  iam(action: string, parameters: Record<string, string>): Promise<Record<string, Record<string, string>>>;
  /** From here on moto verifies signatures, policies and trust. */
  demandAuthentication(): Promise<void>;
  close(): Promise<unknown>;
}

/** Starts the real moto, the STS that AWS's Python users test with, on a free loopback port. */
export async function startMoto(): Promise<Moto> {
  requirePrograms([realProgram('moto_server')]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { stop } = await startProcess(realProgram('moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
    isReady: () => isAnswered(port, '/moto-api/data.json'),
    stopMilliseconds: 5000,
  });
  return {
    url,
    iam: (action, parameters) => askIam(url, action, parameters),
    demandAuthentication: async () => {
      const headers = { 'content-type': 'text/plain' };
      const response = await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', headers, body: '0' });
      if (!response.ok) throw new Error(`moto refuses to demand authentication: ${response.status}`);
    },
    close: stop,
  };
}

async function askIam(url: string, action: string, parameters: Record<string, string>) {
  const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString();
  const anyKeys: Keys = { accessKeyId: 'AKIASETUPSETUPSETUPS', secretAccessKey: 'set-up' };
  const { host } = new URL(url);
  const signed = aws4.sign(
    { method: 'POST', path: '/', host, service: 'iam', region: 'us-east-1', body },
    { ...anyKeys },
  );
  const { Authorization, 'X-Amz-Date': date, 'Content-Type': type } = signed.headers ?? {};
  const headers = { authorization: String(Authorization), 'x-amz-date': String(date), 'content-type': String(type) };
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`moto's IAM refuses ${action}: ${response.status}`);
  return new XMLParser().parse(text)[`${action}Response`]?.[`${action}Result`];
}

import { get as getHttp } from 'node:http';
import { Agent, get as getHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { agentOptions } from './http-handler.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MILLISECONDS = 30_000;
const ANSWER_MAX_BYTES = 1 << 20;

/**
 * GitHub's OIDC token for a workflow (ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN), with the same proxy and authorities as AWS.
 * Undefined when the answer is none: what it says may repeat the request's own token.
 */
export async function requestGithubToken(environment: Environment, audience: string): Promise<string | undefined> {
  const url = URL.parse(environment.ACTIONS_ID_TOKEN_REQUEST_URL ?? '');
  if (url === null) return undefined;
  url.searchParams.set('audience', audience);
  const options = {
    headers: { authorization: `Bearer ${environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`, accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  };
  const agent = new Agent(await agentOptions(environment));
  try {
    const body = await new Promise<string>((resolve, reject) => {
      const request = url.protocol === 'https:' ? getHttps(url, { ...options, agent }) : getHttp(url, options);
      request.on('error', reject);
      request.on('response', (response) => {
        const isLarge = Number(response.headers['content-length']) > ANSWER_MAX_BYTES;
        if (response.statusCode === 200 && !isLarge) text(response).then(resolve, reject);
        else response.destroy(new Error('refused')).on('error', reject);
      });
    });
    const { value } = JSON.parse(body) as { value?: unknown };
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  } finally {
    agent.destroy();
  }
}

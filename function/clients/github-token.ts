import { Agent } from 'node:https';
import { parseJson } from '../model/parse-bounded.ts';
import { textAt } from '../model/plain-data.ts';
import type { Environment } from '../model/world.ts';
import { agentOptions } from './agent-options.ts';
import { requestText } from './request-text.ts';

/**
 * GitHub's OIDC token for a workflow (ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN), through the same proxy and authorities as AWS. Undefined
 * on any failure, without a reason: GitHub's response may repeat the request's own token.
 */
export async function requestGithubToken(environment: Environment, audience: string, signal: AbortSignal) {
  const url = URL.parse(environment.ACTIONS_ID_TOKEN_REQUEST_URL ?? '');
  if (url === null) return undefined;
  url.searchParams.set('audience', audience);
  const headers = {
    authorization: `Bearer ${environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`,
    accept: 'application/json',
  };
  const agent = new Agent(await agentOptions(environment));
  try {
    const { status, text } = await requestText({ url, headers, agent, signal });
    return status === 200 ? textAt(parseJson(text), ['value']) : undefined;
  } catch {
    return undefined;
  } finally {
    agent.destroy();
  }
}

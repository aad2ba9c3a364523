import { createServer } from 'node:http';
import { close, listen } from '../support/listen.ts';
import { createIssuer } from '../support/sts/issuer.ts';
import type { IdentityProvider, Role } from '../support/sts/start-sts.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const SUBJECT = 'repo:example/deployments:ref:refs/heads/main';
const REQUEST_TOKEN = 'request-token-of-the-job';
const TOKEN_SECONDS = 300;

/** What GitHub gives a job of the workflow `example/deployments` on `main`. */
export interface GithubActions {
  readonly identityProvider: IdentityProvider;
  /** What a job with these permissions finds in its environment. */
  environment(permissions: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** Audiences that tokens were asked for. */
  readonly audiences: readonly string[];
  close(): Promise<void>;
}

const CI = 'arn:aws:iam::111111111111:role/ci';

/** The roles of examples/kpt/github-oidc: one for that workflow, and one behind it. */
export const githubRoles: readonly Role[] = [
  { arn: CI, trust: [{ federated: ISSUER, subject: SUBJECT, audience: 'sts.amazonaws.com' }] },
  { arn: 'arn:aws:iam::222222222222:role/release', trust: [{ principals: [CI] }] },
];

/** Plays GitHub's OIDC endpoint on the loopback interface. */
export async function startGithubActions(): Promise<GithubActions> {
  const issuer = await createIssuer({ issuer: ISSUER, audiences: ['sts.amazonaws.com'] });
  const audiences: string[] = [];
  const server = createServer(async ({ url = '', headers }, response) => {
    if (headers.authorization !== `Bearer ${REQUEST_TOKEN}`) return response.writeHead(401).end();
    const audience = new URL(url, 'http://localhost').searchParams.get('audience') ?? '';
    audiences.push(audience);
    const now = Math.floor(Date.now() / 1000);
    const value = await issuer.sign({ sub: SUBJECT, aud: audience, iat: now, nbf: now, exp: now + TOKEN_SECONDS });
    return response.end(JSON.stringify({ value }));
  });
  const port = await listen(server);
  return {
    identityProvider: issuer,
    environment: ({ 'id-token': idToken }) =>
      idToken === 'write'
        ? {
            ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
          }
        : {},
    audiences,
    close: () => close(server),
  };
}

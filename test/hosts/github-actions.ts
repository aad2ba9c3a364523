import { createServer } from 'node:http';
import { close, listen } from '../support/listen.ts';
import { createIssuer } from '../support/sts/issuer.ts';
import type { Role } from '../support/sts/start-sts.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const SUBJECT = 'repo:example/deployments:ref:refs/heads/main';
/** GitHub knows by it whose job asks: here it says so. */
const REQUEST_TOKEN = 'request-token-of-the-job:';
const TOKEN_SECONDS = 300;

const CI = 'arn:aws:iam::111111111111:role/ci';

/** The roles of examples/kpt/github-oidc: one for that workflow, and one behind it. */
export const githubRoles: readonly Role[] = [
  { arn: CI, trust: [{ federated: ISSUER, subject: SUBJECT, audience: 'sts.amazonaws.com' }] },
  { arn: 'arn:aws:iam::222222222222:role/release', trust: [{ principals: [CI] }] },
];

/** Plays GitHub's OIDC endpoint on the loopback interface, for jobs of the workflow `example/deployments`; unless told otherwise on `main`. */
export async function startGithubActions() {
  const issuer = await createIssuer({ issuer: ISSUER, audiences: ['sts.amazonaws.com'] });
  const audiences: string[] = [];
  const server = createServer(async ({ url = '', headers }, response) => {
    const [, sub] = headers.authorization?.split(`Bearer ${REQUEST_TOKEN}`) ?? [];
    if (!sub) return response.writeHead(401).end();
    const audience = new URL(url, 'http://localhost').searchParams.get('audience') ?? '';
    audiences.push(audience);
    const now = Math.floor(Date.now() / 1000);
    const value = await issuer.sign({ sub, aud: audience, iat: now, nbf: now, exp: now + TOKEN_SECONDS });
    return response.end(JSON.stringify({ value }));
  });
  const port = await listen(server);
  return {
    identityProvider: issuer,
    /** What a job with these permissions finds in its environment. */
    environment: ({ 'id-token': idToken }: Readonly<Record<string, string>>, subject = SUBJECT) =>
      idToken === 'write'
        ? {
            ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN + subject,
          }
        : {},
    /** Audiences that tokens were asked for. */
    audiences,
    close: () => close(server),
  };
}

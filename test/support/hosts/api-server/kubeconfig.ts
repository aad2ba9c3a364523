import { stringify } from 'yaml';

/** Where an API server is, and with which token each of its users comes. */
export interface Access {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** Path of the certificates that the server's is checked with. */
  readonly certificateAuthority: string;
  readonly tokens: Readonly<Record<string, string>>;
}

/** A kubeconfig with a context for each user, named as the user. */
export function kubeconfig({ url, certificateAuthority, tokens }: Access, currentContext: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server: url, 'certificate-authority': certificateAuthority } }],
    users: Object.entries(tokens).map(([name, token]) => ({ name, user: { token } })),
    contexts: Object.keys(tokens).map((name) => ({ name, context: { cluster: 'cluster', user: name } })),
    'current-context': currentContext,
  });
}

/** Who signs the tokens of ServiceAccounts: the provider that IAM would know. */
export const CLUSTER_ISSUER = 'https://oidc.example.org/id/cluster';

/** Whoever holds a token for this audience is let in by the API server itself. */
export const API_SERVER_AUDIENCE = 'https://kubernetes.default.svc';

/** A file in the folder that both programs run in; the port means nothing, but etcd wants one. */
export const ETCD_SOCKET = 'client:0';

const CLIENTS = `unix://${ETCD_SOCKET}`;
const PEERS = 'unix://peer:0';

export const ETCD_ARGUMENTS: readonly string[] = [
  ...['--name=etcd', '--data-dir=etcd', '--unsafe-no-fsync', '--log-level=error'],
  ...[`--listen-client-urls=${CLIENTS}`, `--advertise-client-urls=${CLIENTS}`],
  ...[`--listen-peer-urls=${PEERS}`, `--initial-advertise-peer-urls=${PEERS}`, `--initial-cluster=etcd=${PEERS}`],
];

/** Arguments of kube-apiserver. The files that they name are in the folder that it runs in. */
export function serverArguments(port: number): string[] {
  return [
    `--etcd-servers=${CLIENTS}`,
    ...['--bind-address=127.0.0.1', `--secure-port=${port}`, '--cert-dir=certificates'],
    // For other machines, of which there are none: a loopback address is refused.
    ...['--advertise-address=192.0.2.1', '--endpoint-reconciler-type=none', '--service-cluster-ip-range=10.0.0.0/24'],
    ...['--authorization-mode=RBAC', '--token-auth-file=tokens.csv'],
    ...[`--service-account-issuer=${CLUSTER_ISSUER}`, `--api-audiences=${API_SERVER_AUDIENCE}`],
    '--service-account-key-file=service-accounts.key',
    '--service-account-signing-key-file=service-accounts.key',
    ...['--audit-policy-file=audit-policy.yaml', '--audit-log-path=audit.log'],
  ];
}

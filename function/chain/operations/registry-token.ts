import { say } from '../../findings/say.ts';
import type { Requests } from '../../model/hop.ts';
import { REGISTRY_ADVICE } from '../advice.ts';
import { partitionOf, regionFault } from '../limits.ts';
import type { Operation, Service } from './operation.ts';

type Request = Requests['GetAuthorizationToken'];

/** "Authorization tokens are valid for 12 hours." (ECR API reference, AuthorizationData) */
const LIFETIME_SECONDS = 43_200;

/** ECR is two services, which differ in names, answer and rights. */
const OF_SCOPE: Readonly<Record<Request['scope'], Service & { readonly prefix: string; readonly advice: string }>> = {
  private: {
    name: 'ECR',
    endpoints: 'AWS_ENDPOINT_URL_ECR or AWS_ECR_ENDPOINT',
    prefix: 'ecr',
    advice: REGISTRY_ADVICE,
  },
  public: {
    name: 'ECR Public',
    endpoints: 'AWS_ENDPOINT_URL_ECR_PUBLIC or AWS_ECR_PUBLIC_ENDPOINT',
    prefix: 'ecr-public',
    advice: "Let the caller's policy allow ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken",
  },
};

/** A login for a registry, which signs nothing. */
export const getAuthorizationToken: Operation<'GetAuthorizationToken', 'login'> = {
  gives: 'login',
  lacks: ({ scope }) => (scope === 'public' ? ['proxyEndpoint'] : []),
  limits({ region, scope }) {
    const wrong = region === undefined ? undefined : regionFault(region);
    if (wrong !== undefined) return [['region', wrong]];
    const partition = partitionOf(region ?? '');
    if (scope !== 'public' || partition === 'aws') return [];
    return [['scope', say`must not be "public": partition "${partition}" has no public registries`]];
  },
  action: ({ scope }) => `${OF_SCOPE[scope].prefix}:GetAuthorizationToken`,
  service: ({ scope }) => OF_SCOPE[scope],
  lifetimeSeconds: () => LIFETIME_SECONDS,
  hashed: (request) => request,
  describe: ({ scope }) => say`get a token for the ${scope} registry`,
  onDenial: ({ scope }) => OF_SCOPE[scope].advice,
  retry: { awaitsRole: true, mayRepeat: () => true },
  run: async ({ scope }, _, aws, signal) => (await aws.ecr(scope)).getAuthorizationToken(signal),
};

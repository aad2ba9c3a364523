import type { World } from '../model/world.ts';

/** Is given each call of AWS, with the role that is asked for if it is one, and gives what the call gives. */
type Watch = <T>(service: 'sts' | 'ecr', operation: string, call: Promise<T>, roleArn?: string) => Promise<T>;

/** STS and ECR, of which `watch` sees each call: for the line on a terminal, and for a server's metrics. */
export function watchAws({ sts, ecr }: Pick<World, 'sts' | 'ecr'>, watch: Watch): Pick<World, 'sts' | 'ecr'> {
  return {
    sts: {
      client: async (options) => {
        const client = await sts.client(options);
        return {
          caller: (signal) => watch('sts', 'GetCallerIdentity', client.caller(signal)),
          assumeRole: (asked, signal) => watch('sts', 'AssumeRole', client.assumeRole(asked, signal), asked.roleArn),
          assumeRoleWithWebIdentity: (asked, token, signal) => {
            const answer = client.assumeRoleWithWebIdentity(asked, token, signal);
            return watch('sts', 'AssumeRoleWithWebIdentity', answer, asked.roleArn);
          },
          getSessionToken: (asked, signal) => watch('sts', 'GetSessionToken', client.getSessionToken(asked, signal)),
        };
      },
    },
    ecr: {
      client: async (options) => {
        const client = await ecr.client(options);
        return {
          authorizationToken: (signal) => watch('ecr', 'GetAuthorizationToken', client.authorizationToken(signal)),
        };
      },
    },
  };
}

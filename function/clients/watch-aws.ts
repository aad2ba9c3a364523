import { textAt } from '../model/plain-data.ts';
import type { World } from '../model/world.ts';

/** Is given each call of AWS, with the role that is asked for if it is one, and gives what the call gives. */
type Watch = <T>(service: 'sts' | 'ecr', operation: string, call: Promise<T>, roleArn?: string) => Promise<T>;

/** STS and ECR with each call reported to `watch`: for the line on a terminal, and for a server's metrics. */
export function watchAws({ sts, ecr }: Pick<World, 'sts' | 'ecr'>, watch: Watch): Pick<World, 'sts' | 'ecr'> {
  return {
    sts: { client: async (options) => watchCalls('sts', await sts.client(options), watch) },
    ecr: { client: async (options) => watchCalls('ecr', await ecr.client(options), watch) },
  };
}

/** Each method of a client is an operation of AWS, and has its name. */
function watchCalls<Client extends object>(service: 'sts' | 'ecr', client: Client, watch: Watch): Client {
  const watched = Object.entries(client).map(([method, call]) => {
    const operation = `${method[0]?.toUpperCase()}${method.slice(1)}`;
    return [method, (...input: unknown[]) => watch(service, operation, call(...input), textAt(input, [0, 'roleArn']))];
  });
  return Object.fromEntries(watched);
}

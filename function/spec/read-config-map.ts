import * as z from 'zod';
import { defined } from '../api/defined.ts';
import { configFinding, type Finding, finding } from '../api/finding.ts';
import { ASSUME_ROLE_KIND, GENERATOR_API_VERSION } from '../api/kinds.ts';
import { once } from '../api/once.ts';
import { faultFinding, readBySchema } from './read-by-schema.ts';

/** `kpt fn eval -- key=value` gives every value as a string. */
const configMap = once(() =>
  z.looseObject({
    data: z
      .strictObject({
        region: z.string().optional(),
        role: z.string().optional(),
        name: z.string().optional(),
        namespace: z.string().optional(),
        sessionDuration: z
          .string()
          .regex(/^\d{1,9}$/, 'must be a whole number of seconds')
          .optional(),
        externalID: z.string().optional(),
      })
      .nullish(),
  }),
);

/** Reads kpt's ConfigMap. With `role` it is a generator; without, it is options only. */
export function readConfigMap(config: unknown): { generators: readonly unknown[]; findings: readonly Finding[] } {
  const { data: read, faults } = readBySchema(configMap(), config);
  const data = read?.data ?? {};
  if (faults.length > 0) {
    return { generators: [], findings: faults.map((fault) => faultFinding('FUNCTION_CONFIG_INVALID', fault)) };
  }
  if (data.role === undefined) return { generators: [], findings: Object.keys(data).map(withoutEffect) };
  const missing = (['name', 'region'] as const).filter((key) => data[key] === undefined);
  const findings = missing.map((key) => configFinding(`data.${key}`, 'is required with `data.role`'));
  return { generators: findings.length > 0 ? [] : [toGenerator(data)], findings };
}

function toGenerator(data: NonNullable<z.infer<ReturnType<typeof configMap>>['data']>): unknown {
  const { region, role, name, namespace, sessionDuration, externalID } = data;
  const seconds = sessionDuration === undefined ? undefined : Number(sessionDuration);
  return {
    apiVersion: GENERATOR_API_VERSION,
    kind: ASSUME_ROLE_KIND,
    metadata: defined({ name, namespace }),
    spec: { region, role, requestParameters: defined({ sessionDuration: seconds, externalID }) },
  };
}

function withoutEffect(key: string): Finding {
  const message = `cannot apply \`data.${key}\` of the functionConfig: there is no \`data.role\`. Add \`role\`, or drop \`${key}\`.`;
  return finding('FUNCTION_CONFIG_WITHOUT_EFFECT', message, { field: `data.${key}` });
}

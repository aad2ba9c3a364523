import * as z from 'zod';
import { type Finding, finding } from '../api/finding.ts';
import { ASSUME_ROLE_KIND, GENERATOR_API_VERSION } from '../api/kinds.ts';
import { configFinding } from './config-finding.ts';
import { explainIssues } from './explain-issue.ts';

const text = z.string('must be a string');

/** `kpt fn eval -- key=value` gives every value as a string. */
const configMap = z.looseObject({
  data: z
    .strictObject({
      region: text.optional(),
      role: text.optional(),
      name: text.optional(),
      namespace: text.optional(),
      sessionDuration: text.regex(/^\d{1,9}$/, 'must be a whole number of seconds').optional(),
      externalID: text.optional(),
    })
    .nullish(),
});

/** Reads kpt's ConfigMap. With `role` it is a generator; without, it is options only. */
export function readConfigMap(config: unknown): { generators: readonly unknown[]; findings: readonly Finding[] } {
  const parsed = configMap.safeParse(config);
  if (!parsed.success) {
    const faults = explainIssues(configMap, config, parsed.error.issues);
    return { generators: [], findings: faults.map(({ field, text }) => configFinding(field, text)) };
  }
  const data = parsed.data.data ?? {};
  if (data.role === undefined) return { generators: [], findings: Object.keys(data).map(withoutEffect) };
  const missing = (['name', 'region'] as const).filter((key) => data[key] === undefined);
  if (missing.length > 0)
    return {
      generators: [],
      findings: missing.map((key) => configFinding(`data.${key}`, 'is required with `data.role`')),
    };
  return { generators: [toGenerator(data)], findings: [] };
}

function toGenerator(data: NonNullable<z.infer<typeof configMap>['data']>): unknown {
  const { region, role, name, namespace, sessionDuration, externalID } = data;
  const requestParameters = {
    ...(sessionDuration === undefined ? {} : { sessionDuration: Number(sessionDuration) }),
    ...(externalID === undefined ? {} : { externalID }),
  };
  return {
    apiVersion: GENERATOR_API_VERSION,
    kind: ASSUME_ROLE_KIND,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: { region, role, requestParameters },
  };
}

function withoutEffect(key: string): Finding {
  const message = `cannot apply \`data.${key}\` of the functionConfig: there is no \`data.role\`. Add \`role\`, or drop \`${key}\`.`;
  return finding('FUNCTION_CONFIG_WITHOUT_EFFECT', message, { field: `data.${key}` });
}

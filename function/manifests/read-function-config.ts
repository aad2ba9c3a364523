import * as z from 'zod';
import { configFinding, type Finding, finding } from '../findings/finding.ts';
import { quoted, type Sayable, say, THE_OPTIONS } from '../findings/say.ts';
import {
  ASSUME_ROLE_KIND,
  GENERATOR_API_VERSION,
  GENERATOR_KINDS_TEXT,
  INPUT_API_VERSION,
  INPUT_KIND,
  isGenerator,
  isInput,
} from '../model/kinds.ts';
import { defined, once } from '../model/plain-data.ts';
import { identify } from './identify.ts';
import { faultFinding, readBySchema } from './read-by-schema.ts';
import { type ReadInput, readInput } from './read-input.ts';
import type { Values } from './substitute.ts';

const NOTHING: ReadInput = {
  generators: [],
  written: new Map(),
  sessions: [],
  values: new Map(),
  awaitRolesMilliseconds: 0,
  findings: [],
};

/**
 * Reads the functionConfig: absent, an Input, a bare generator, or the ConfigMap of `kpt fn eval -- key=value`. `given` are
 * variables that an Input has beside its own.
 */
export function readFunctionConfig(config: unknown, given: Values = new Map()): ReadInput {
  if (config === undefined || config === null) return NOTHING;
  const type = identify(config);
  if (isGenerator(type)) return { ...NOTHING, generators: [config] };
  if (isInput(type)) return readInput(config, given);
  if (type.apiVersion === 'v1' && type.kind === 'ConfigMap') return { ...NOTHING, ...readConfigMap(config) };
  return { ...NOTHING, findings: [finding('FUNCTION_CONFIG_INVALID', unknownKind(type))] };
}

function unknownKind({ apiVersion, kind }: ReturnType<typeof identify>): Sayable {
  const got = kind !== undefined ? say`kind ${quoted(kind)} of ${quoted(String(apiVersion))}` : 'no kind';
  return say`cannot use ${THE_OPTIONS}: it must be an ${INPUT_KIND} (${INPUT_API_VERSION}), ${GENERATOR_KINDS_TEXT} (${GENERATOR_API_VERSION}), or a ConfigMap (v1), got ${got}.`;
}

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
function readConfigMap(config: unknown): { generators: readonly unknown[]; findings: readonly Finding[] } {
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
  const message = say`cannot apply \`data.${key}\` of ${THE_OPTIONS}: there is no \`data.role\`. Add \`role\`, or drop \`${key}\`.`;
  return finding('FUNCTION_CONFIG_WITHOUT_EFFECT', message, { field: `data.${key}` });
}

import { finding } from '../api/finding.ts';
import {
  GENERATOR_API_VERSION,
  GENERATOR_KINDS_TEXT,
  INPUT_API_VERSION,
  INPUT_KIND,
  isGenerator,
  isInput,
} from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { identify } from './identify.ts';
import { readConfigMap } from './read-config-map.ts';
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

function unknownKind({ apiVersion, kind }: ReturnType<typeof identify>): string {
  const got = kind !== undefined ? `kind ${quote(kind)} of ${quote(String(apiVersion))}` : 'no kind';
  return (
    `cannot use the functionConfig: it must be an ${INPUT_KIND} (${INPUT_API_VERSION}), ` +
    `${GENERATOR_KINDS_TEXT} (${GENERATOR_API_VERSION}), or a ConfigMap (v1), got ${got}.`
  );
}

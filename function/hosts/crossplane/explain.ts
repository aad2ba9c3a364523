import type { Code } from '../../api/codes.ts';
import type { Finding } from '../../api/finding.ts';

/** Faults of the Composition or of the operator's settings: nothing that the cluster does mends them. All others wait. */
const FATAL: ReadonlySet<Code> = new Set<Code>([
  'FUNCTION_CONFIG_INVALID',
  'SPEC_INVALID',
  'LIMIT_EXCEEDED',
  'NOT_GRANTED',
  'TARGET_CONFLICT',
  'SETTING_INVALID',
  'CLUSTER_OFF',
  'INTERNAL',
]);

/** True when nobody but the author of the Composition, or the operator, can mend it. */
export function isFatal({ code }: Finding): boolean {
  return FATAL.has(code);
}

/**
 * True for what one object is the cause of: its fields, or what it asks for and is not granted. Where the cluster has it, a tenant may
 * have written it: that is his to mend, and no reason to stop a pipeline.
 */
export function isOfOneObject({ code }: Finding): boolean {
  return code === 'SPEC_INVALID' || code === 'LIMIT_EXCEEDED' || code === 'NOT_GRANTED';
}

/** True for what only the limit on sessions keeps from being asked for. */
export function isLimited({ code }: Finding): boolean {
  return code === 'RATE_LIMITED';
}

/** The code as Kubernetes writes reasons: `HOP_DENIED` as `HopDenied`. */
export function reasonOf({ code }: Finding): string {
  return code
    .split('_')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join('');
}

/** A message of the core in the words of this host: there is no ResourceList here, and whoever waits has nothing to run again. */
export function inOurWords(message: string): string {
  return message
    .replaceAll('the functionConfig', "the step's input")
    .replace(
      /: it is (?:not|neither) in the ResourceList.*$/,
      ': it is not there. Make it; the composite goes on by itself.',
    );
}

import type { ExternalSecretSpec } from '../api/external-secret.ts';

/** The fields of an ExternalSecret that somebody set and that have no effect here, and why. */
export function ignoredFields(spec: ExternalSecretSpec | undefined): { field: string; why: string }[] {
  const { target, refreshPolicy, secretStoreRef, syncWindows } = spec ?? {};
  const { deletionPolicy = 'Retain' } = target ?? {};
  const cluster = 'it is for the operator in a cluster';
  const fields = [
    { field: 'spec.refreshPolicy', isSet: refreshPolicy !== undefined, why: 'a session is renewed before it ends' },
    { field: 'spec.secretStoreRef', isSet: secretStoreRef !== undefined, why: 'no value comes from a store' },
    { field: 'spec.syncWindows', isSet: syncWindows !== undefined, why: cluster },
    { field: 'spec.target.deletionPolicy', isSet: deletionPolicy !== 'Retain', why: 'a generator never runs dry' },
  ];
  return fields.filter(({ isSet }) => isSet);
}

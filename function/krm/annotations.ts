/** Paths and positions of files: kpt reads and writes them. */
export const PATH_ANNOTATION = 'internal.config.kubernetes.io/path';
export const INDEX_ANNOTATION = 'internal.config.kubernetes.io/index';
/** kpt's package of an item, an absolute folder. */
export const PACKAGE_PATH_ANNOTATION = 'internal.config.kubernetes.io/package-path';
/** Consumed by tools only, never applied. kustomize drops objects that have it. */
export const LOCAL_CONFIG_ANNOTATION = 'config.kubernetes.io/local-config';
/** What kustomize does with a generated Secret: hash suffix, and merge or replace. */
export const GENERATOR_OPTION_ANNOTATIONS: readonly string[] = [
  'kustomize.config.k8s.io/needs-hash',
  'kustomize.config.k8s.io/behavior',
];
export const LEGACY_PATH_ANNOTATION = 'config.kubernetes.io/path';
export const LEGACY_INDEX_ANNOTATION = 'config.kubernetes.io/index';
/** kustomize's number of a resource that it gives a transformer. */
export const KUSTOMIZE_ID_ANNOTATION = 'kustomize.config.k8s.io/id';

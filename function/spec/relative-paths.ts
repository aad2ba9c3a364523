import { delimiter, isAbsolute, sep } from 'node:path';
import type { Environment } from '../api/world.ts';

/** Variables that name files or folders whose content the operator answers for: some can start programs, others are guards. */
const PATHS = [
  'AWS_CA_BUNDLE',
  'AWS_CONFIG_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_LOGIN_CACHE_DIRECTORY',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'KUBECONFIG',
  'NODE_EXTRA_CA_CERTS', // Node.js read it at its start: that run is not to go on
  'SOPS_AGE_KEY_FILE',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'STS_FUNCTION_POLICY',
];

/** Those of them that take several paths. */
const LISTS: ReadonlySet<string> = new Set(['KUBECONFIG', 'SSL_CERT_DIR']);

/**
 * The variables whose path starts at the working folder. Hosts start a function in the package's own folder: a package would bring
 * what the variable names.
 */
export function relativePaths(environment: Environment): { readonly name: string; readonly path: string }[] {
  const named = PATHS.flatMap((name) => {
    const value = environment[name] ?? '';
    return (LISTS.has(name) ? value.split(delimiter) : [value]).map((path) => ({ name, path }));
  });
  return [homeOf(environment), ...named].filter(({ path }) => path !== '' && !isAbsolute(path));
}

/**
 * The home folder, where AWS's configuration and kubectl's are, as the SDK looks for it: the first of these that is set, whatever the
 * system (`getHomeDir` of @smithy/core). Where none is, the system says it.
 */
function homeOf({ HOME, USERPROFILE, HOMEDRIVE = `C:${sep}`, HOMEPATH }: Environment) {
  if (HOME) return { name: 'HOME', path: HOME };
  if (USERPROFILE) return { name: 'USERPROFILE', path: USERPROFILE };
  return { name: 'HOMEPATH', path: HOMEPATH ? `${HOMEDRIVE}${HOMEPATH}` : '' };
}

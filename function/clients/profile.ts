import { exec } from 'node:child_process';
import { dirname, isAbsolute, join } from 'node:path';
import { externalDataInterceptor, getHomeDir, loadSharedConfigFiles } from '@smithy/core/config';
import { timeoutMilliseconds } from '../model/run-limits.ts';
import { AwsError, type Environment } from '../model/world.ts';
import { MOST_OUTPUT_BYTES, mayBeRead } from './read-file.ts';

type ExecCallback = (error: Error | null, output?: { readonly stdout: string }) => void;

/**
 * Keeps the SDK from taking relative paths of the operator's profiles from the folder that this process is in: a package's. A
 * `credential_process` runs in the folder of the file that names it, since its arguments may be paths too. The SDK takes no folder for
 * it, but another `exec` (`resolveProcessCredentials` of @aws-sdk/credential-provider-process).
 * Gives the name of a profile that is asked for and in neither file.
 * @throws AwsError when a profile that is in use names a token file by a relative path, or one that would be read for ever.
 */
export async function guardProfile(environment: Environment): Promise<string | undefined> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const used = new Set<string>();
  for (let name = environment.AWS_PROFILE || 'default'; !used.has(name); ) {
    used.add(name);
    const profile = { ...configFile[name], ...credentialsFile[name] };
    const path = profile.web_identity_token_file;
    if (path !== undefined && !(isAbsolute(path) && mayBeRead(path)))
      throw new AwsError({ kind: 'unfitTokenFile', profile: name, isRelative: !isAbsolute(path) });
    name = profile.source_profile ?? name;
  }
  const config = environment.AWS_CONFIG_FILE || join(getHomeDir(), '.aws', 'config');
  const credentials = environment.AWS_SHARED_CREDENTIALS_FILE || join(getHomeDir(), '.aws', 'credentials');
  externalDataInterceptor.interceptToken('exec', (command: string, done: ExecCallback) => {
    const isInCredentials = [...used].some((name) => credentialsFile[name]?.credential_process === command);
    const cwd = dirname(isInCredentials ? credentials : config);
    const timeout = timeoutMilliseconds(environment);
    const bounds = { maxBuffer: MOST_OUTPUT_BYTES, timeout, killSignal: 'SIGKILL' } as const;
    exec(command, { cwd, ...bounds }, (error, stdout) => done(error, { stdout }));
  });
  const isAsked = (name: string) => name !== 'default' || environment.AWS_PROFILE === name;
  return [...used].find((name) => isAsked(name) && !configFile[name] && !credentialsFile[name]);
}

import { ciEnvironment } from './ci-environment.ts';
import { type Ended, runFunction } from './run-function.ts';

/** Runs the built executable with the keys of `ci` against an STS; `environment` is added to that. */
export function runAsCi(
  sts: { readonly url: string },
  input: string,
  environment: Readonly<Record<string, string>> = {},
  argv: readonly string[] = [],
): Promise<Ended> {
  return runFunction(input, { environment: { ...ciEnvironment(sts.url), ...environment }, arguments: argv });
}

import { ci } from './accounts.ts';

/** The environment of a run that asks the STS at `url`, which has the logins of ECR too, with the keys of {@link ci}. */
export function ciEnvironment(url: string): Readonly<Record<string, string>> {
  return {
    AWS_STS_ENDPOINT: url,
    AWS_ECR_ENDPOINT: url,
    AWS_ECR_PUBLIC_ENDPOINT: url,
    AWS_ACCESS_KEY_ID: ci.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
  };
}

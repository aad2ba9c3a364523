import { test } from '@jest/globals';
import { generatorItem, list, OTHER } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { REGION, REGISTRY_TOKEN } from './resource-lists.ts';

test('what is said of settings in the environment', async () => {
  const shown = await showEach({
    'two endpoints': {
      input: list(OTHER),
      environment: { AWS_STS_ENDPOINT: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:2' },
    },
    'an endpoint that is no URL': {
      input: list(OTHER),
      environment: { AWS_STS_ENDPOINT: 'sts.eu-west-1.amazonaws.com' },
    },
    'an endpoint without TLS': {
      input: list(OTHER),
      environment: { AWS_STS_ENDPOINT: 'http://user:CANARY@sts.example.org' },
    },
    'concurrency and timeout that are no numbers': {
      input: list(OTHER),
      environment: { STS_FUNCTION_CONCURRENCY: '0', STS_FUNCTION_TIMEOUT: '2m' },
    },
    'a mode, a policy and a cluster': {
      input: list(OTHER),
      environment: {
        STS_FUNCTION_MODE: 'dry-run',
        STS_FUNCTION_POLICY: '/nonexistent/a',
        STS_FUNCTION_CLUSTER: 'prod',
      },
    },
    'paths that a package could fill': {
      input: list(OTHER),
      environment: { STS_FUNCTION_POLICY: 'policy.yaml', KUBECONFIG: '/a:kubeconfig', AWS_CONFIG_FILE: './aws/config' },
    },
    'a bundle of authorities that is not there': {
      input: list(generatorItem()),
      environment: { AWS_CA_BUNDLE: '/nonexistent/a', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    },
    'two endpoints of registries': {
      input: list(generatorItem(REGION, REGISTRY_TOKEN)),
      environment: {
        AWS_ECR_ENDPOINT: 'http://127.0.0.1:1',
        AWS_ENDPOINT_URL_ECR: 'http://127.0.0.1:2',
        AWS_ECR_PUBLIC_ENDPOINT: 'public.ecr.aws',
      },
    },
  });
  expectMessages(import.meta.filename, shown);
});

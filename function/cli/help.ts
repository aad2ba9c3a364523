/** What `--help` prints: it fits a screen. */
export const HELP = `function-sts-assume-role turns External Secrets' AWS generators into Secrets
with short-lived credentials. kpt and kustomize give it a ResourceList:
  kpt fn render PACKAGE --allow-exec
  kpt fn eval PACKAGE --exec function-sts-assume-role
  kustomize build --enable-alpha-plugins --enable-exec DIR
  kubectl kustomize --enable-alpha-plugins DIR    (docs/kustomize.md: a plugin)
People give it files and folders, in which it reads manifests (docs/files.md):
  function-sts-assume-role render [--placeholder] [-i] PATH…    prints Secrets,
    for a preview without credentials; -i writes each beside its spec
  function-sts-assume-role plan [-o table|yaml|json] PATH…
  function-sts-assume-role install [--kustomize-plugin-home] DIR
  function-sts-assume-role doctor [--online] [DIR]    says why nothing happened
Crossplane calls it as a step of a Composition:
  function-sts-assume-role serve --tls-certs-dir DIR | --insecure [--debug]
    [--address HOST:PORT] [--health-address HOST:PORT] [--ttl 5m]
    [--max-recv-message-size MB] [--policy FILE] [--require-policy]
Exit status: 0 done; 1 an error, said in one line each on standard error and in
results, and then no Secret was emitted; 2 wrong usage. Environment: the AWS
SDK's own, and AWS_STS_ENDPOINT (URL of STS for every hop), HTTPS_PROXY,
NO_PROXY, AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, STS_FUNCTION_POLICY=FILE,
STS_FUNCTION_CLUSTER=in-cluster|context:NAME, STS_FUNCTION_CONCURRENCY (16),
STS_FUNCTION_MODE=plan|placeholder, STS_FUNCTION_OUTPUT=files|stream (where a
host puts the output), STS_FUNCTION_TIMEOUT (seconds for a run, 120, or a call
under serve, 30)
`;

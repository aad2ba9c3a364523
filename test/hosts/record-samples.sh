#!/usr/bin/env bash
# Records what the real hosts send, into $1.
# Run it after install.sh, when a host's version changes: test/hosts/record-samples.sh test/hosts/samples
set -euo pipefail
out=$(realpath "$1"); mkdir -p "$out"
hosts=$(realpath "$(dirname "$0")/../../.hosts/bin")
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT; mkdir -p $W/bin $W/rec; cd $W
export PATH=$W/bin:$hosts:$PATH
cat > bin/function-sts-assume-role <<'E'
#!/usr/bin/env python3
# stdin -> $REC/<n>.yaml; answers it unchanged, or with $SECRET added once
import os, sys, glob
b = sys.stdin.buffer.read(); rec = os.environ['REC']
open(f'{rec}/{len(glob.glob(rec+"/*.yaml"))+1}.yaml', 'wb').write(b)
s = b.decode(); add = os.environ.get('SECRET')
if add:
    add = open(add).read()
    if '\n'.join(add.split('\n')[:4]) not in s:
        i = s.find('\nfunctionConfig:')+1 or len(s)
        s = s[:i] + add + s[i:]
sys.stdout.write(s)
E
chmod +x bin/function-sts-assume-role
token() { # NAME
cat <<E
# Who may deploy.
apiVersion: generators.external-secrets.io/v1alpha1
kind: STSAssumeRoleToken
metadata:
  name: $1 # also the Secret's name
  namespace: team-a
spec:
  region: "eu-west-1"
  role: 'arn:aws:iam::123456789012:role/deployer'
  requestParameters:
    sessionDuration: 3600
E
}
root() { rm -rf root; mkdir root; cat > root/Kptfile <<'E'
apiVersion: kpt.dev/v1
kind: Kptfile
metadata:
  name: root # the root package
  annotations:
    config.kubernetes.io/local-config: "true"
pipeline:
  mutators:
    - exec: function-sts-assume-role
E
token deployer > root/generator.yaml
cat > root/resources.yaml <<'E'
# Read by a hop.
apiVersion: v1
kind: Secret
metadata:
  name: external-id
  namespace: team-a
  labels: {}
type: Opaque
stringData:
  id: 'example' # quoted
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  namespace: team-a
  annotations:
    # about the note
    example.org/note: "a long line stays one line, however long it is, because the hosts do not fold what was not folded before"
spec:
  replicas: 2
  selector: {matchLabels: {app: app}}
  template:
    metadata:
      labels: {app: app}
    spec:
      containers:
        # wide sequence, as many people write it
        - name: app
          image: example.org/app:1
          args: ["--flag", '- not an item', "yes", "0123"]
          envFrom:
            - secretRef:
                name: deployer
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  block: |
    - looks like an item
    functionConfig: neither

    items:
    - nor this
  folded: >-
    one
    two
  empty: ""
  unicode: "grüße 🚀"
  date: 2024-01-01
# a comment at the end of the file
E
cat > root/kustomization.yaml <<'E'
resources:
- generator.yaml
E
}
sub() { mkdir root/sub; printf 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: sub\n' > root/sub/Kptfile; token deployer-sub > root/sub/generator.yaml; }
nested() { mkdir root/nested; sed 's/root # the root package/nested/' root/Kptfile > root/nested/Kptfile; token deployer-nested > root/nested/generator.yaml; }
options() { cat <<'E'
# The options of this package.
apiVersion: sts.fn.crossplane.io/v1beta1
kind: Input
metadata:
  name: options
generators: [] # none beside the items
E
}
secret() { # NAME [PACKAGE]: as ours will be
cat <<E
- apiVersion: v1
  kind: Secret
  metadata:
    name: $1
    namespace: team-a
    annotations:
      sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/$1
      sts.fn.crossplane.io/expiration: "2031-01-01T01:00:00Z"
      sts.fn.crossplane.io/renew-after: "2031-01-01T00:40:00Z"
      sts.fn.crossplane.io/spec-hash: v1-0123456789abcdef0123456789abcdef
      internal.config.kubernetes.io/path: team-a/secret_$1.yaml
E
[ -z "${2:-}" ] || echo "      internal.config.kubernetes.io/package-path: $2"
cat <<'E'
  type: Opaque
  data:
    access_key_id: RVhBTVBMRQ==
    secret_access_key: RVhBTVBMRQ==
    session_token: RVhBTVBMRQ==
    expiration: MTkyNDk5NTYwMA==
E
}
rec() { export REC=$W/rec/$1; rm -rf $REC; mkdir -p $REC; shift; timeout 60 "$@" >/dev/null 2>$REC/err || { cat $REC/err; exit 1; }; }
keep() { sed -e "s,$W/root,/package,g" -e "s,$W/k,/package,g" "$REC/$1.yaml" > $out/$2.yaml; }

root; rec a kpt fn render root --allow-exec; keep 1 kpt-render
root; sub; rec a kpt fn render root --allow-exec; keep 1 kpt-render-sub-package
root; nested; secret deployer-nested $W/root/nested > s1
SECRET=s1 rec a kpt fn render root --allow-exec; keep 1 kpt-render-nested-pipeline-1; keep 2 kpt-render-nested-pipeline-2
root; secret deployer $W/root > s1; SECRET=s1 rec a kpt fn render root --allow-exec; rec a kpt fn render root --allow-exec; keep 1 kpt-render-again
root; options > root/options.yaml; printf '      configPath: options.yaml\n' >> root/Kptfile; rec a kpt fn render root --allow-exec; keep 1 kpt-render-config-path
root; printf '      configPath: generator.yaml\n' >> root/Kptfile; rec a kpt fn render root --allow-exec; keep 1 kpt-render-config-path-generator
root; printf '      configMap:\n        region: eu-west-1\n        role: arn:aws:iam::123456789012:role/deployer\n        name: from-map\n        namespace: team-a\n        sessionDuration: "900"\n' >> root/Kptfile; rec a kpt fn render root --allow-exec; keep 1 kpt-render-config-map
root; sub; rec a kpt fn eval root --exec function-sts-assume-role; keep 1 kpt-eval
root; rec a kpt fn eval root --exec function-sts-assume-role -- region=eu-west-1 role=arn:aws:iam::123456789012:role/deployer name=from-map namespace=team-a sessionDuration=900; keep 1 kpt-eval-key-value
root; options > root/options.yaml; rec a kpt fn eval root --exec function-sts-assume-role --fn-config root/options.yaml; keep 1 kpt-eval-fn-config
root; sub; REC=$W/rec/src; mkdir -p $REC; kpt fn source root > $REC/1.yaml; keep 1 kpt-source

k() { rm -rf k; mkdir -p k/base k/overlay
cat > k/base/resources.yaml <<'E'
apiVersion: v1
kind: Secret
metadata:
  name: external-id
  namespace: team-a
stringData:
  id: 'example' # quoted
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  namespace: team-a
spec:
  template:
    spec:
      containers:
      - name: app
        image: example.org/app:1
        envFrom:
        - secretRef: { name: deployer }
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  block: |
    - looks like an item
    functionConfig: neither
E
printf 'namePrefix: prod-\nresources:\n- ../base\n' > k/overlay/kustomization.yaml; }
fn='config.kubernetes.io/function: |\n      exec:\n        path: function-sts-assume-role'
B="kustomize build --enable-alpha-plugins --enable-exec"
k; token deployer | sed "s,  namespace: team-a,&\n  annotations:\n    $fn\n    kustomize.config.k8s.io/needs-hash: \"true\"," > k/base/generator.yaml; printf 'resources:\n- resources.yaml\ngenerators:\n- generator.yaml\n' > k/base/kustomization.yaml
rec a $B k/base; keep 1 kustomize-generator; rec b $B k/overlay; cmp rec/a/1.yaml rec/b/1.yaml
k; options | sed "s,  name: options,&\n  annotations:\n    $fn," > k/base/function.yaml; printf 'resources:\n- generators.yaml\ngenerators:\n- function.yaml\n' > k/base/kustomization.yaml; token deployer > k/base/generators.yaml; sed -i 's/^generators:.*/generators:\n- apiVersion: generators.external-secrets.io\/v1alpha1\n  kind: STSAssumeRoleToken\n  metadata: { name: deployer, namespace: team-a }\n  spec: { region: eu-west-1, role: "arn:aws:iam::123456789012:role\/deployer" }/' k/base/function.yaml
rec a $B k/base; keep 1 kustomize-generator-input
k; token deployer > k/base/generator.yaml; options | sed "s,  name: options,&\n  annotations:\n    $fn," > k/base/function.yaml; printf 'resources:\n- resources.yaml\n- generator.yaml\ntransformers:\n- function.yaml\n' > k/base/kustomization.yaml
rec a $B k/base; keep 1 kustomize-transformer; rec b $B k/overlay; cmp rec/a/1.yaml rec/b/1.yaml
sed -i 's,  namespace: team-a,&\n  annotations:\n    config.kubernetes.io/local-config: "true",' k/base/generator.yaml; rec a $B k/base; keep 1 kustomize-transformer-local-config
k; token deployer > k/base/generator.yaml;  options | sed "s,  name: options,&\n  annotations:\n    $fn," > k/overlay/function.yaml;  printf 'resources:\n- resources.yaml\n- generator.yaml\n' > k/base/kustomization.yaml; printf 'transformers:\n- function.yaml\n' >> k/overlay/kustomization.yaml
rec a $B k/overlay; keep 1 kustomize-transformer-overlay

# legacy exec plugin: the config file is argv[1]; a transformer gets the resources on stdin
P=$W/plugins/generators.external-secrets.io/v1alpha1/stsassumeroletoken; mkdir -p $P
cat > $P/STSAssumeRoleToken <<'E'
#!/bin/sh
cp "$1" $REC/1.yaml; cat > $REC/2.yaml; pwd > $REC/cwd; env | grep ^KUSTOMIZE > $REC/env; echo "$#" "$@" > $REC/argv; cat $REC/2.yaml
E
chmod +x $P/STSAssumeRoleToken; export KUSTOMIZE_PLUGIN_HOME=$W/plugins
k; token deployer > k/base/generator.yaml; printf 'resources:\n- resources.yaml\ngenerators:\n- generator.yaml\n' > k/base/kustomization.yaml
rec lg kustomize build --enable-alpha-plugins k/base; keep 1 kustomize-plugin-config; cp -r rec/lg rec/lgk; rec lgk kubectl kustomize --enable-alpha-plugins k/base; diff rec/lg/1.yaml rec/lgk/1.yaml; cat rec/lg/cwd rec/lg/argv rec/lg/env; wc -c rec/lg/2.yaml
I=$W/plugins/sts.fn.crossplane.io/v1beta1/input; mkdir -p $I; cp $P/STSAssumeRoleToken $I/Input
options > k/base/options.yaml; printf 'resources:\n- resources.yaml\n- generator.yaml\ntransformers:\n- options.yaml\n' > k/base/kustomization.yaml
rec lt kustomize build --enable-alpha-plugins k/base; keep 2 kustomize-plugin-transformer-stdin; keep 1 kustomize-plugin-transformer-config; cat rec/lt/argv rec/lt/env

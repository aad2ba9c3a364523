#!/usr/bin/env bash
# Builds the real programs that the host tests and the demo run, each in <cache>/<tool>-<version>/,
# and links them from .hosts/bin/. Once they are there, a run only asks each for its version.
set -euo pipefail

hosts=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
repo=$(dirname "$(dirname "$hosts")")
export HOME=${HOME:-$repo/.hosts/home} # go and pip refuse to work without one
cache=${STS_HOSTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/function-sts-assume-role}
mkdir -p "$cache" "$repo/.hosts/bin"
cache=$(CDPATH='' cd -- "$cache" && pwd -P)

# The caller's Go settings (a vendor folder, another platform, a workspace) must not change what is built.
# Without cgo no C compiler is needed; a module cache that can be deleted is kinder to a temporary HOME.
unset GOOS GOARCH GOBIN
export GOFLAGS='-buildvcs=false -modcacherw -trimpath' GOWORK=off GO111MODULE=on CGO_ENABLED=0

# Arguments: which of them; none: those of the host tests. The benchmarks ask for aws and go-noop too.
tools=(kustomize kpt kubectl sops age-keygen moto_server etcd kube-apiserver crossplane-core crossplane-core-2.3 crossplane registry templates actionlint go-reference operator-crds)
if [[ $# -gt 0 ]]; then tools=("$@"); fi
version() {
  case $1 in
    kustomize) echo v5.8.1 ;;
    kpt) echo v1.0.0-beta.61 ;;
    kubectl) echo v1.34.1 ;; # k8s.io/kubectl v0.34.1, what this kpt pins
    sops) echo v3.11.0 ;;
    age-keygen) echo v1.3.1 ;; # makes the keys that a page shows
    moto_server) echo 5.2.1 ;;
    etcd) echo v3.6.8 ;; # what this kube-apiserver is tested with
    kube-apiserver) echo v1.36.3 ;;
    crossplane-core) echo v2.4.0 ;; # the engine
    crossplane-core-2.3) echo v2.3.4 ;;
    crossplane) echo v2.5.0 ;; # the CLI
    registry) echo v0.20.6 ;; # keeps the package that a live Crossplane installs
    operator-crds) echo v0.85.0 ;; # kinds of the Prometheus operator, as files
    actionlint) echo v1.7.12 ;; # reads the workflows of .github/
    templates) echo "v3.3.0-$(sources templates)" ;; # of sprig, in a program of ours
    aws) echo 1.46.2 ;; # AWS's CLI as pip has it
    go-noop) echo v1.0.2 ;; # of the Go functions SDK, in a program of ours
    go-reference) echo v1.52.0 ;; # of AWS's SDK for STS, in a program of ours
  esac
}
needs() { [[ $1 == moto_server || $1 == aws ]] && echo python3 || echo go; }
# Where a version of Crossplane's engine has its modules.
engine() { echo "$hosts/crossplane/${1/crossplane-core/engine}"; }
folder() { local v; v=$(version "$1") && echo "$cache/$1-${v#v}"; }

# What a build is made from, so that a change of it is not mistaken for the cached one.
sources() {
  case $1 in
    kpt | kubectl) (cd "$hosts/kpt" && cat go.mod go.sum main.go kubectl/main.go rollouts/go.mod | cksum) ;;
    etcd | kube-apiserver) (cd "$hosts/kubernetes" && cat go.mod go.sum | cksum) ;;
    crossplane-core*) (cd "$(engine "$1")" && cat go.mod go.sum | cksum) ;;
    crossplane) (cd "$hosts/crossplane/cli" && cat go.mod go.sum | cksum) ;;
    operator-crds) (cd "$hosts/operator-crds" && cat go.mod go.sum | cksum) ;;
    templates) (cd "$hosts/templates" && cat go.mod go.sum main.go | cksum | tr ' ' -) ;;
    go-noop | go-reference) (cd "$repo/bench/go" && cat go.mod go.sum "${1#go-}"/*.go | cksum) ;;
    *) version "$1" ;;
  esac
}

# In the foreground, so that Ctrl-C reaches the build.
bounded() { timeout --foreground 2400 "$@"; }

# A program of Python in an environment of its own. pip's own script holds the path of the folder it was made in, which is
# about to be renamed: ours finds its folder.
# python FILE PACKAGE MODULE
python() {
  bounded python3 -m venv "$(dirname "$1")/venv" &&
    bounded "$(dirname "$1")/venv/bin/python" -m pip install --no-input --disable-pip-version-check "$2" &&
    printf '%s\n' '#!/bin/sh' "exec \"\$(dirname \"\$(readlink -f \"\$0\")\")/venv/bin/python\" -m $3 \"\$@\"" >"$1" &&
    chmod +x "$1"
}

# build TOOL FOLDER
build() {
  local version_package=k8s.io/component-base/version
  case $1 in
    kustomize) GOBIN=$2 bounded go install -ldflags '-s -w' "sigs.k8s.io/kustomize/kustomize/v5@$(version kustomize)" ;;
    kpt) bounded go build -C "$hosts/kpt" -ldflags "-s -w -X main.version=$(version kpt)" -o "$2/kpt" . ;;
    kubectl)
      bounded go build -C "$hosts/kpt" -o "$2/kubectl" \
        -ldflags "-s -w -X $version_package.gitVersion=$(version kubectl)" ./kubectl
      ;;
    sops) GOBIN=$2 bounded go install -ldflags '-s -w' "github.com/getsops/sops/v3/cmd/sops@$(version sops)" ;;
    age-keygen) GOBIN=$2 bounded go install -ldflags '-s -w' "filippo.io/age/cmd/age-keygen@$(version age-keygen)" ;;
    moto_server) python "$2/moto_server" "moto[server]==$(version moto_server)" moto.server ;;
    aws) python "$2/aws" "awscli==$(version aws)" awscli ;;
    etcd) bounded go build -C "$hosts/kubernetes" -ldflags '-s -w' -o "$2/etcd" go.etcd.io/etcd/server/v3 ;;
    kube-apiserver)
      bounded go build -C "$hosts/kubernetes" -o "$2/kube-apiserver" \
        -ldflags "-s -w -X $version_package.gitVersion=$(version kube-apiserver)" k8s.io/kubernetes/cmd/kube-apiserver
      ;;
    crossplane-core*)
      bounded go build -C "$(engine "$1")" -o "$2/$1" \
        -ldflags "-s -w -X github.com/crossplane/crossplane-runtime/v2/pkg/version.version=$(version "$1")" \
        github.com/crossplane/crossplane/v2/cmd/crossplane &&
        bounded go mod download -C "$(engine "$1")" github.com/crossplane/crossplane/v2 &&
        cp -r --no-preserve=mode "$(go list -C "$(engine "$1")" -m -f '{{.Dir}}' github.com/crossplane/crossplane/v2)/cluster/crds" "$2/crds"
      ;;
    crossplane)
      bounded go build -C "$hosts/crossplane/cli" -o "$2/crossplane" \
        -ldflags "-s -w -X github.com/crossplane/crossplane-runtime/v2/pkg/version.version=$(version crossplane)" \
        github.com/crossplane/cli/v2/cmd/crossplane
      ;;
    registry)
      GOBIN=$2 bounded go install -ldflags '-s -w' \
        "github.com/google/go-containerregistry/cmd/registry@$(version registry)"
      ;;
    operator-crds)
      local operator=github.com/prometheus-operator/prometheus-operator
      bounded go mod download -C "$hosts/operator-crds" $operator &&
        cp -r --no-preserve=mode "$(go list -C "$hosts/operator-crds" -m -f '{{.Dir}}' $operator)/example/prometheus-operator-crd" "$2/operator-crds"
      ;;
    actionlint) GOBIN=$2 bounded go install -ldflags '-s -w' "github.com/rhysd/actionlint/cmd/actionlint@$(version actionlint)" ;;
    templates)
      bounded go build -C "$hosts/templates" -ldflags "-s -w -X main.version=$(version templates)" -o "$2/templates" .
      ;;
    go-noop | go-reference) bounded go build -C "$repo/bench/go" -ldflags '-s -w' -o "$2/$1" "./${1#go-}" ;;
  esac
}

# The version that the program itself reports.
reported() {
  local at
  at=$(folder "$1")
  case $1 in
    kubectl) KUBECONFIG=/dev/null timeout 60 "$at/kubectl" version --client | sed -n 's/^Client Version: //p' ;;
    sops) timeout 60 "$at/sops" --disable-version-check --version | sed -n 's/^sops /v/p' ;;
    age-keygen) timeout 60 "$at/age-keygen" --version ;;
    moto_server) timeout 60 "$at/venv/bin/python" -c 'import moto, moto.server; print(moto.__version__)' ;;
    etcd) timeout 60 "$at/etcd" --version | sed -n 's/^etcd Version: /v/p' ;;
    kube-apiserver) timeout 60 "$at/kube-apiserver" --version | sed -n 's/^Kubernetes //p' ;;
    crossplane-core*) timeout 60 "$at/$1" --version | sed -n 's/.*\(v[0-9][0-9.]*\).*/\1/p' ;;
    crossplane) timeout 60 "$at/crossplane" version --client | sed -n 's/^Client Version: *//p' ;;
    actionlint) timeout 60 "$at/actionlint" -version | head -n 1 ;;
    registry) grep -aoPm1 'mod\tgithub.com/google/go-containerregistry\t\Kv[0-9.]+' "$at/registry" ;; # it has no option for that
    operator-crds) sed -n 's|^ *operator.prometheus.io/version: |v|p' "$at/operator-crds/monitoring.coreos.com_prometheusrules.yaml" ;;
    aws) timeout 60 "$at/aws" --version | sed -n 's|^aws-cli/\([0-9.]*\) .*|\1|p' ;;
    go-noop) grep -aoPm1 'dep\tgithub.com/kptdev/krm-functions-sdk/go/fn\t\Kv[0-9.]+' "$at/go-noop" ;;
    go-reference) grep -aoPm1 'dep\tgithub.com/aws/aws-sdk-go-v2/service/sts\t\Kv[0-9.]+' "$at/go-reference" ;;
    *) timeout 60 "$at/$1" version ;;
  esac 2>&1
}
ready() {
  # The engine is set up with the kinds that its source has beside it.
  [[ $1 != crossplane-core* || -d $(folder "$1")/crds ]] &&
    [[ -x $(folder "$1")/$1 && "$(cat "$(folder "$1")/sources")" == "$(sources "$1")" ]] 2>/dev/null &&
    [[ "$(reported "$1")" == "$(version "$1")" ]]
}

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

for tool in "${tools[@]}"; do [[ -n $(version "$tool") ]] || fail "there is no tool $tool."; done
missing=()
for tool in "${tools[@]}"; do ready "$tool" || missing+=("$tool"); done
for tool in ${missing[@]+"${missing[@]}"}; do # before any of them is built, which takes minutes
  command -v "$(needs "$tool")" >/dev/null || fail "cannot build $tool: $(needs "$tool") is not installed."
done

find "$cache" -maxdepth 1 -name '.building-*' -mmin +120 -exec rm -rf {} + # of builds that were killed
temporary=
trap '[[ -z $temporary ]] || rm -rf "$temporary"' EXIT
for tool in "${tools[@]}"; do
  state=cached
  at=$(folder "$tool")
  if [[ " ${missing[*]-} " == *" $tool "* ]]; then
    state=built
    # Built beside its place and renamed when whole: an interrupted build leaves nothing that looks like a tool.
    temporary=$(mktemp -d "$cache/.building-$tool-XXXXXX")
    chmod 755 "$temporary"
    log=$temporary/log
    build "$tool" "$temporary" >"$log" 2>&1 </dev/null || {
      tail -n 20 "$log" >&2
      fail "cannot build $tool $(version "$tool"): see above."
    }
    sources "$tool" >"$temporary/sources"
    if ready "$tool"; then # a run beside this one was faster
      rm -rf "$temporary"
    else
      rm -rf "$at"
      mv -T "$temporary" "$at"
    fi
    temporary=
    ready "$tool" || fail "$tool $(version "$tool") was built but answers: $(reported "$tool" | tail -n 3)"
  fi
  link=$repo/.hosts/bin/$tool
  [[ $(readlink "$link" || true) == "$at/$tool" ]] || ln -sfn "$at/$tool" "$link"
  printf '%-19s %-14s %s\n' "$tool" "$(version "$tool")" "$state"
done

# Packages of the system, which are not installed but unpacked. Without the library that gives one process a clock of its own the test
# of clocks says that it skips.
# unpack PACKAGE SOURCE… TARGET
unpack() {
  local log=$repo/.hosts/$1.log target=${!#}
  [[ ! -e $target/$(basename "$2") ]] || return 0
  mkdir -p "$target"
  temporary=$(mktemp -d "$target/.building-XXXXXX")
  # a new machine has no list of packages yet
  if (cd "$temporary" && { bounded apt-get download "$1" || { apt-get update && bounded apt-get download "$1"; }; } &&
    dpkg-deb -x ./*.deb .) >"$log" 2>&1 </dev/null; then
    (cd "$temporary" && mv ${*:2:$#-2} "$target") # a source is a pattern
  else
    echo "install.sh: cannot get $1: see $log" >&2
  fi
  rm -rf "$temporary"
  temporary=
}
if [[ $# -eq 0 ]]; then
  unpack libfaketime 'usr/lib/*/faketime/libfaketimeMT.so.1' "$repo/.hosts/lib"
  unpack prometheus usr/bin/prometheus usr/bin/promtool "$cache/prometheus-system"
  ln -sfn "$cache/prometheus-system/prometheus" "$cache/prometheus-system/promtool" "$repo/.hosts/bin/"
fi

# Containers come with the system, since they are of one piece with its kernel, and so do shells. Without them the tests of the image and
# of completion say that they skip. What GitHub's machines have beside, and the page on CI uses, comes with it too.
lacking=()
for program in podman runc zsh fish tmux curl jq; do command -v "$program" >/dev/null || lacking+=("$program"); done
if [[ $# -eq 0 && ${#lacking[@]} -gt 0 ]]; then
  if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
    log=$cache/system.log
    { apt-get update && DEBIAN_FRONTEND=noninteractive bounded apt-get install -y --no-install-recommends "${lacking[@]}"; } \
      >"$log" 2>&1 </dev/null || echo "install.sh: cannot install ${lacking[*]}: see $log" >&2
  else
    echo "install.sh: not installed: ${lacking[*]}. That needs root and apt-get." >&2
  fi
fi

// The kinds of the Prometheus operator, as its repository writes them: no code of ours, and none of it is built.
module function-sts-assume-role/test/hosts/operator-crds

go 1.24.0

require github.com/prometheus-operator/prometheus-operator v0.85.0

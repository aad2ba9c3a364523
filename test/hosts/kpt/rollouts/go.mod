// Stands in for kpt's rollouts module: see ../go.mod.
module github.com/kptdev/kpt/rollouts

go 1.25.7

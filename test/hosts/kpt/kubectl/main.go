// Command kubectl is the real one, as in kubernetes' cmd/kubectl/kubectl.go.
// It lives in kpt's module because kpt pins the same libraries: the second of the two costs a few seconds.
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}

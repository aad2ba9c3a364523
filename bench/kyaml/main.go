// A function over kyaml's framework that changes nothing: the peer of a run in which no spec is due.
package main

import (
	"os"

	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/kio"
)

func main() {
	unchanged := framework.ResourceListProcessorFunc(func(*framework.ResourceList) error { return nil })
	if err := framework.Execute(unchanged, &kio.ByteReadWriter{}); err != nil {
		os.Exit(1)
	}
}

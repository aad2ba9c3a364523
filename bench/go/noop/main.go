// A function over the Go functions SDK that changes nothing: the peer of a run in which no spec is due.
package main

import (
	"os"

	"github.com/kptdev/krm-functions-sdk/go/fn"
)

func main() {
	unchanged := func(*fn.ResourceList) (bool, error) { return true, nil }
	if err := fn.AsMain(fn.ResourceListProcessorFunc(unchanged)); err != nil {
		os.Exit(1)
	}
}

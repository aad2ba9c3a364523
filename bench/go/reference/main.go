// The same job as a Go author would write it over kyaml and AWS's own SDK: each STSAssumeRoleToken of a ResourceList
// becomes a Secret. It is the peer of the benchmarks, so it does what costs time (parse, walk the chain, share its hops,
// print) and nothing else: no guard, no renewal, no checks before AWS is asked.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const defaultConcurrency = 16

func main() {
	if err := framework.Execute(framework.ResourceListProcessorFunc(process), nil); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func process(list *framework.ResourceList) error {
	via, err := readVia(list.FunctionConfig)
	if err != nil {
		return err
	}
	generators, err := readGenerators(list.Items)
	if err != nil || len(generators) == 0 {
		return err
	}
	concurrency, err := readConcurrency()
	if err != nil {
		return err
	}
	secrets, err := makeSecrets(context.Background(), generators, via, concurrency)
	if err != nil {
		return err
	}
	list.Items = upsert(list.Items, secrets)
	return nil
}

// makeSecrets has at most `concurrency` chains under way. The Secrets are in the order of the generators.
func makeSecrets(ctx context.Context, generators []generator, via []string, concurrency int) ([]*yaml.RNode, error) {
	walker, err := newWalker(ctx, via, concurrency)
	if err != nil {
		return nil, err
	}
	secrets := make([]*yaml.RNode, len(generators))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for index, generator := range generators {
		group.Go(func() error {
			credentials, err := walker.session(ctx, generator)
			if err != nil {
				return err
			}
			secrets[index], err = secretOf(generator, credentials)
			return err
		})
	}
	return secrets, group.Wait()
}

func readConcurrency() (int, error) {
	text := os.Getenv("STS_FUNCTION_CONCURRENCY")
	if text == "" {
		return defaultConcurrency, nil
	}
	concurrency, err := strconv.Atoi(text)
	if err != nil || concurrency < 1 {
		return 0, fmt.Errorf("cannot read STS_FUNCTION_CONCURRENCY: it must be a positive number")
	}
	return concurrency, nil
}

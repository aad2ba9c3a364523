package main

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const defaultDurationSeconds = 3600

// generator is an STSAssumeRoleToken, as much of it as is read here. Any other field is an error.
type generator struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name        string            `yaml:"name"`
		Namespace   string            `yaml:"namespace"`
		Annotations map[string]string `yaml:"annotations"`
	} `yaml:"metadata"`
	Spec struct {
		Region            string `yaml:"region"`
		Role              string `yaml:"role"`
		RequestParameters struct {
			SessionDuration int32  `yaml:"sessionDuration"`
			ExternalID      string `yaml:"externalID"`
		} `yaml:"requestParameters"`
	} `yaml:"spec"`
}

// options is the Input's simplest form: one entry, whose roles all generators pass.
type options struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Sessions   []struct {
		Via []string `yaml:"via"`
	} `yaml:"sessions"`
}

func readGenerators(items []*yaml.RNode) ([]generator, error) {
	var generators []generator
	for _, item := range items {
		if item.GetKind() != "STSAssumeRoleToken" || item.GetApiVersion() != "generators.external-secrets.io/v1alpha1" {
			continue
		}
		var one generator
		if err := decode(item, &one); err != nil {
			return nil, fmt.Errorf("cannot read STSAssumeRoleToken %q: %w", item.GetName(), err)
		}
		if one.Spec.RequestParameters.SessionDuration == 0 {
			one.Spec.RequestParameters.SessionDuration = defaultDurationSeconds
		}
		generators = append(generators, one)
	}
	return generators, nil
}

func readVia(config *yaml.RNode) ([]string, error) {
	if config.IsNilOrEmpty() {
		return nil, nil
	}
	var input options
	if err := decode(config, &input); err != nil {
		return nil, fmt.Errorf("cannot read the functionConfig: %w", err)
	}
	if len(input.Sessions) != 1 {
		return nil, fmt.Errorf("cannot read the functionConfig: it must have one entry in `sessions`")
	}
	return input.Sessions[0].Via, nil
}

func decode(node *yaml.RNode, into any) error {
	text, err := node.String()
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	return decoder.Decode(into)
}

package main

import (
	"encoding/base64"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

type secret struct {
	APIVersion string            `yaml:"apiVersion"`
	Kind       string            `yaml:"kind"`
	Metadata   metadata          `yaml:"metadata"`
	Type       string            `yaml:"type"`
	Data       map[string]string `yaml:"data"`
}

type metadata struct {
	Name      string `yaml:"name"`
	Namespace string `yaml:"namespace,omitempty"`
}

func secretOf(asked generator, session *types.Credentials) (*yaml.RNode, error) {
	encoded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	text, err := yaml.Marshal(secret{
		APIVersion: "v1",
		Kind:       "Secret",
		Metadata:   metadata{Name: asked.Metadata.Name, Namespace: asked.Metadata.Namespace},
		Type:       "Opaque",
		Data: map[string]string{
			"access_key_id":     encoded(*session.AccessKeyId),
			"secret_access_key": encoded(*session.SecretAccessKey),
			"session_token":     encoded(*session.SessionToken),
			"expiration":        encoded(strconv.FormatInt(session.Expiration.Unix(), 10)),
		},
	})
	if err != nil {
		return nil, err
	}
	return yaml.Parse(string(text))
}

// upsert puts each Secret in the place of the one with its name, or at the end.
func upsert(items, secrets []*yaml.RNode) []*yaml.RNode {
	type name struct{ namespace, name string }
	places := map[name]int{}
	for index, item := range items {
		if item.GetKind() == "Secret" && item.GetApiVersion() == "v1" {
			places[name{item.GetNamespace(), item.GetName()}] = index
		}
	}
	for _, one := range secrets {
		if index, found := places[name{one.GetNamespace(), one.GetName()}]; found {
			items[index] = one
		} else {
			items = append(items, one)
		}
	}
	return items
}

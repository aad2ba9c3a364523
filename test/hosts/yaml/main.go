// Reads texts as kpt and kustomize do, writes each as they hand it to a function, and reads that again. A JSON list of texts becomes one of
// results.
package main

import (
	"bytes"
	"encoding/json"
	"os"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

type result struct {
	Read    []any  `json:"read"`
	Written []any  `json:"written"`
	Handed  string `json:"handed"`
	Fault   string `json:"fault,omitempty"`
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	results := make([]result, len(texts))
	for i, text := range texts {
		results[i] = look(text)
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}

func look(text string) (seen result) {
	nodes, err := (&kio.ByteReader{Reader: bytes.NewBufferString(text), OmitReaderAnnotations: true}).Read()
	if err != nil {
		return result{Fault: "read: " + err.Error()}
	}
	if seen.Read, err = valuesOf(nodes); err != nil {
		return result{Fault: "value: " + err.Error()}
	}
	var written bytes.Buffer
	writer := kio.ByteWriter{Writer: &written, WrappingKind: kio.ResourceListKind, WrappingAPIVersion: kio.ResourceListAPIVersion}
	if err = writer.Write(nodes); err != nil {
		return result{Fault: "write: " + err.Error()}
	}
	seen.Handed = written.String()
	again, err := (&kio.ByteReader{Reader: &written, OmitReaderAnnotations: true}).Read()
	if err != nil {
		return result{Read: seen.Read, Fault: "again: " + err.Error()}
	}
	seen.Written, err = valuesOf(again)
	if err != nil {
		return result{Read: seen.Read, Fault: "again: " + err.Error()}
	}
	return seen
}

func valuesOf(nodes []*yaml.RNode) ([]any, error) {
	values := make([]any, len(nodes))
	for i, node := range nodes {
		if err := node.YNode().Decode(&values[i]); err != nil {
			return nil, err
		}
		if _, err := json.Marshal(values[i]); err != nil { // a key that is no text
			return nil, err
		}
	}
	return values, nil
}

// Replaces as an ExternalSecret's rewrite does: a list of [source, target, key] in, the new key or null out.
package main

import (
	"encoding/json"
	"os"
	"regexp"
)

func main() {
	var cases [][3]string
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	results := make([]*string, len(cases))
	for i, one := range cases {
		if expression, err := regexp.Compile(one[0]); err == nil {
			made := expression.ReplaceAllString(one[2], one[1])
			results[i] = &made
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}

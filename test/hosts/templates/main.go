// Renders templates as External Secrets' engine v2 does: one JSON object a line in, one line out.
//
//	{"template": "{{ .a }}", "data": {"a": "x"}}  →  eA== (base64 of the result), or "error"
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	_ "github.com/spf13/cast" // the version that External Secrets pins, for sprig
)

var version = "unknown"

type request struct {
	Template string            `json:"template"`
	Data     map[string]string `json:"data"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "version" {
		fmt.Println(version)
		return
	}
	functions := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(functions, name)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, "cannot read a line:", err)
			os.Exit(1)
		}
		fmt.Fprintln(out, answer(asked, functions))
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot read standard input:", err)
		os.Exit(1)
	}
}

func answer(asked request, functions template.FuncMap) string {
	parsed, err := template.New("t").Option("missingkey=error").Funcs(functions).Parse(asked.Template)
	if err != nil {
		return "error"
	}
	var result bytes.Buffer
	if err := parsed.Execute(&result, asked.Data); err != nil {
		return "error"
	}
	return base64.StdEncoding.EncodeToString(result.Bytes())
}

// Prints the fields of a kustomization as kustomize reads them: each struct with the type of each of its fields.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

var structs = map[string]map[string]string{}

func main() {
	typeOf(reflect.TypeOf(types.Kustomization{}))
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(structs); err != nil {
		panic(err)
	}
}

// typeOf is "string", "bool", "int", "any", the name of a struct, or "list" or "map" with the type of what is in it.
func typeOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeOf(t.Elem())
	case reflect.Slice:
		return "list " + typeOf(t.Elem())
	case reflect.Map:
		return "map " + typeOf(t.Elem())
	case reflect.Int, reflect.Int64:
		return "int"
	case reflect.Interface:
		return "any"
	case reflect.Struct:
		if structs[t.Name()] == nil {
			structs[t.Name()] = map[string]string{}
			for _, field := range reflect.VisibleFields(t) {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if field.IsExported() && name != "" {
					structs[t.Name()][name] = typeOf(field.Type)
				}
			}
		}
		return t.Name()
	default:
		return t.Kind().String()
	}
}

// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"encoding/json"
	"reflect"

	"github.com/invopop/jsonschema"
)

// Schema returns the JSON Schema (draft 2020-12) of an inventory, made from the types of this package: for editors,
// which check and complete while the user types. It is stricter than Parse about text without quotes.
func Schema() ([]byte, error) {
	r := reflector()
	r.Mapper = ownTypes
	schema := r.Reflect(Inventory{})
	schema.Title = "hakube-seed inventory"
	if version, ok := schema.Properties.Get("apiVersion"); ok {
		version.Const = APIVersion
	}
	alternatives(schema)
	for _, definition := range schema.Definitions {
		alternatives(definition)
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}

func reflector() *jsonschema.Reflector {
	return &jsonschema.Reflector{
		Anonymous:                  true,
		ExpandedStruct:             true,
		RequiredFromJSONSchemaTags: true,
		FieldNameTag:               "yaml",
		LookupComment:              reference,
	}
}

// reference returns the doc tag of a field; types have no text of their own.
func reference(t reflect.Type, field string) string {
	if field == "" {
		return ""
	}
	f, _ := t.FieldByName(field)
	return f.Tag.Get("doc")
}

// ownTypes are the schemas of types that are read in a way of their own. In tables whose keys are the user's, numbers and
// truth values may stand for text: people write v: 4 for an argument.
func ownTypes(t reflect.Type) *jsonschema.Schema {
	if t.Implements(perFamily) {
		return listOfFamilies(t)
	}
	if t.Kind() == reflect.Struct {
		return textOrMapping(t)
	}
	if t != reflect.TypeFor[map[string]string]() {
		return nil
	}
	return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{
		AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}},
	}}
}

// textOrMapping is the schema of a mapping in whose place one of its keys may stand; nil where none may.
func textOrMapping(t reflect.Type) *jsonschema.Schema {
	short, ok := shortKey(t)
	if !ok {
		return nil
	}
	r := reflector()
	r.DoNotReference = true
	mapping := r.ReflectFromType(t)
	mapping.Version = ""
	text, _ := mapping.Properties.Get(short.name)
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text, mapping}}
}

// What kube-apiserver checks of a custom resource, without a server: null and unknown fields, defaults, schema, list
// types and CEL, of the CRDs in the folder that is its one argument.
//
// One object and one answer a line: {"fields": ["spec.ingress[0].action"], "unknown": ["spec.selektor"], "partly": true},
// where partly says that CEL was not asked because values are of a wrong type.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	sigsjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

type resource struct {
	structural *schema.Structural
	schema     validation.SchemaValidator
	cel        *cel.Validator
}

func main() {
	known := map[string]resource{}
	files, _ := filepath.Glob(filepath.Join(os.Args[1], "*.yaml"))
	for _, file := range files {
		kind, read, err := readResource(file)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
		if kind != "" {
			known[kind] = read
		}
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		text, err := json.Marshal(answer(known, line))
		if err != nil {
			text = []byte(`{"broken": "the answer is no JSON"}`)
		}
		out.Write(append(text, '\n'))
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}

func readResource(file string) (string, resource, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", resource{}, err
	}
	var written v1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &written); err != nil {
		return "", resource{}, err
	}
	if len(written.Spec.Versions) != 1 {
		return "", resource{}, nil
	}
	var props apiextensions.JSONSchemaProps
	if err := v1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(
		written.Spec.Versions[0].Schema.OpenAPIV3Schema, &props, nil); err != nil {
		return "", resource{}, err
	}
	structural, err := schema.NewStructural(&props)
	if err != nil {
		return "", resource{}, err
	}
	checked, _, err := validation.NewSchemaValidator(&props)
	if err != nil {
		return "", resource{}, err
	}
	rules := cel.NewValidator(structural, true, celconfig.PerCallLimit)
	return written.Spec.Names.Kind, resource{structural, checked, rules}, nil
}

func answer(known map[string]resource, line []byte) map[string]any {
	var object map[string]any
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(line, &object); err != nil {
		return map[string]any{"broken": err.Error()}
	}
	kind, _ := object["kind"].(string)
	found, ok := known[kind]
	if !ok {
		return map[string]any{"broken": fmt.Sprintf("no CRD of kind %q", kind)}
	}
	defaulting.Default(object, found.structural)
	unknown := pruning.PruneWithOptions(object, found.structural, true,
		schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	defaulting.PruneNonNullableNullsWithoutDefaults(object, found.structural)
	errs := validation.ValidateCustomResource(nil, object, found.schema)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, found.structural, object)...)
	partly := blocked(errs)
	if found.cel != nil && !partly {
		more, _ := found.cel.Validate(context.Background(), nil, found.structural, object, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, more...)
	}
	fields := []string{}
	for _, err := range errs {
		fields = append(fields, err.Field)
	}
	return map[string]any{"fields": fields, "unknown": unknown, "partly": partly}
}

// blocked tells whether CEL is not asked any more, as in kube-apiserver's own strategy.
func blocked(errs field.ErrorList) bool {
	for _, err := range errs {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		}
	}
	return false
}

// Calico's own validator and selector language, one question and one answer a line.
//
//	{"object": {...}}                        {"fields": ["Source.Nets"]} or {"undecodable": "..."}
//	{"selector": "...", "labels": [{...}]}   {"canonical": "...", "values": [true]} or {"error": "..."}
//	{"policy": {...}, "labels": [{...}]}     whom the policy and the sides of its rules select in Felix, or {"refused": [...]}
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/sirupsen/logrus"

	"github.com/projectcalico/calico/libcalico-go/lib/selector"
)

type question struct {
	Object   json.RawMessage     `json:"object"`
	Selector *string             `json:"selector"`
	Policy   json.RawMessage     `json:"policy"`
	Labels   []map[string]string `json:"labels"`
}

func main() {
	logrus.SetOutput(io.Discard)
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		text, err := json.Marshal(answer(line))
		if err != nil {
			text = []byte(`{"broken": "the answer is no JSON"}`)
		}
		out.Write(append(text, '\n'))
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}

func answer(line []byte) (found map[string]any) {
	defer func() {
		if wrong := recover(); wrong != nil {
			found = map[string]any{"panic": fmt.Sprint(wrong)}
		}
	}()
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return map[string]any{"broken": err.Error()}
	}
	switch {
	case asked.Object != nil:
		return judgeObject(asked.Object)
	case asked.Selector != nil:
		return judgeSelector(*asked.Selector, asked.Labels)
	case asked.Policy != nil:
		return convertPolicy(asked.Policy, asked.Labels)
	}
	return map[string]any{"broken": "neither an object, nor a selector, nor a policy"}
}

func judgeSelector(text string, labels []map[string]string) map[string]any {
	parsed, err := selector.Parse(text)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return map[string]any{"canonical": parsed.String(), "values": truth(parsed, labels)}
}

func truth(parsed *selector.Selector, labels []map[string]string) []bool {
	values := make([]bool, len(labels))
	for i, set := range labels {
		values[i] = parsed.Evaluate(set)
	}
	return values
}

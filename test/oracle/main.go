// Oracle answers questions about Go modules from golang.org/x/mod and the standard library, so that gomodfs can compare
// its own answers. It reads one JSON object a line, {"op": NAME, "in": INPUT}, and writes one JSON object a line for each:
// {"value": OUTPUT}, or {"error": MESSAGE} where Go says no.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type question struct {
	Op string          `json:"op"`
	In json.RawMessage `json:"in"`
}

type answer struct {
	Value any    `json:"value"`
	Error string `json:"error,omitempty"`
}

// An operation answers one kind of question.
type operation func(in json.RawMessage) (any, error)

var operations = map[string]operation{}

// register makes an operation of a function that takes its input decoded.
func register[I any](name string, f func(I) (any, error)) {
	operations[name] = func(in json.RawMessage) (any, error) {
		var input I
		if err := json.Unmarshal(in, &input); err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		return f(input)
	}
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	decoder := json.NewDecoder(lines)
	output := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(output)
	for decoder.More() {
		var q question
		if err := decoder.Decode(&q); err != nil {
			panic(err)
		}
		if err := encoder.Encode(ask(q)); err != nil {
			panic(err)
		}
		if err := output.Flush(); err != nil {
			panic(err)
		}
	}
}

func ask(q question) answer {
	f, ok := operations[q.Op]
	if !ok {
		panic("unknown operation " + q.Op)
	}
	value, err := f(q.In)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Value: value}
}

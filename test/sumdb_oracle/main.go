// Command sumdb_oracle answers questions about golang.org/x/mod/sumdb, one JSON object a line on standard input and
// output, and serves a checksum database in memory on loopback.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
)

// A question names an operation; the other fields are its arguments, as far as it has any.
type question struct {
	Op     string   `json:"op"`
	Text   string   `json:"text"`
	Bytes  []byte   `json:"bytes"`
	Keys   []string `json:"keys"`
	Tile   []int64  `json:"tile"` // height, level, number, width
	Height int      `json:"height"`
	Level  int      `json:"level"`
	N      int64    `json:"n"`
	Size   int64    `json:"size"`
	Older  int64    `json:"older"`
}

// An answer has a result or, if the operation fails, an error.
type answer struct {
	Result any    `json:"result,omitempty"`
	Error  string `json:"error,omitempty"`
}

func main() {
	log.SetFlags(0)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			log.Fatal(err)
		}
		var a answer
		result, err := reply(q)
		if err != nil {
			a.Error = err.Error()
		} else {
			a.Result = result
		}
		if err := out.Encode(a); err != nil {
			log.Fatal(err)
		}
	}
	if err := in.Err(); err != nil {
		log.Fatal(err)
	}
}

func reply(q question) (result any, err error) {
	// Some functions panic where they could return an error.
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("panic: %v", e)
		}
	}()
	op, ok := operations[q.Op]
	if !ok {
		log.Fatalf("unknown operation %q", q.Op)
	}
	return op(q)
}

// Hello prints a small table with the help of a few well-known modules, so that a build has something to fetch.
package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/google/uuid"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
	"rsc.io/quote"
)

func main() {
	title := cases.Title(language.English)
	fmt.Println(title.String("hello from modules read on demand"))
	fmt.Println(quote.Hello())

	greeting := map[string]string{
		"id":    uuid.NewSHA1(uuid.NameSpaceURL, []byte("gomodfs")).String(),
		"quote": quote.Go(),
	}
	if err := yaml.NewEncoder(os.Stdout).Encode(greeting); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}

	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	fmt.Printf("built with %s from:\n", info.GoVersion)
	for _, module := range info.Deps {
		fmt.Printf("  %s %s\n", module.Path, module.Version)
	}
}

package main

import (
	"bytes"
	"testing"

	"github.com/spf13/viper"
)

func TestCommand(t *testing.T) {
	viper.Set("name", "tests")
	command := newCommand()
	command.SetArgs(nil)
	var out bytes.Buffer
	command.SetOut(&out)
	if err := command.Execute(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "1 tests\n"; got != want {
		t.Errorf("it prints %q, want %q", got, want)
	}
}

// Larger is a program with the dependencies of an ordinary service: a command line, settings and metrics.
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/viper"
)

func newCommand() *cobra.Command {
	return &cobra.Command{
		Use: "larger",
		RunE: func(command *cobra.Command, _ []string) error {
			registry := prometheus.NewRegistry()
			counter := prometheus.NewCounter(prometheus.CounterOpts{Name: viper.GetString("name")})
			if err := registry.Register(counter); err != nil {
				return err
			}
			families, err := registry.Gather()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(command.OutOrStdout(), len(families), families[0].GetName())
			return err
		},
	}
}

func main() {
	viper.SetDefault("name", "builds")
	if err := newCommand().Execute(); err != nil {
		os.Exit(1)
	}
}

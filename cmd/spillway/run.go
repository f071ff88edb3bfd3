package main

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// program is what a command has of the world.
type program struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	ask            asker // nil: there is nobody
}

// run carries out the command line args.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once.
	defer context.AfterFunc(ctx, stop)()
	root := (&program{getenv, stdin, stdout, stderr, newAsker(stdin, stderr)}).root()
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "spillway",
		Short:         "Subscribe to live data from Amazon Kinesis",
		Long:          "Spillway delivers the records of a Kinesis stream, live, to subscribers outside AWS.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q; spillway --help lists the commands", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().String("config", "", "properties file (default: ./properties.yaml, then ./.spillway/properties.yaml)")
	root.AddCommand(p.subscribeCommand(), p.produceCommand(), p.tokenCommand(), p.accessCommand(), p.adminCommand())
	return root
}

// note tells the user something beside the output.
func (p *program) note(format string, args ...any) {
	fmt.Fprintf(p.stderr, format+"\n", args...)
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

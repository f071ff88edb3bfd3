package main

import "github.com/spf13/cobra"

// adminCommand holds what operators do. Who runs it reaches Redis and has rights in
// AWS: a customer has neither.
func (p *program) adminCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "What operators do",
		Long:  "What the operators of a Spillway do, with access to its Redis and its AWS account.",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.customerCommand(), p.replayCommand(), p.disconnectCommand())
	return cmd
}

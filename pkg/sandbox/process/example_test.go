package process_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

func ExampleSupervisor() {
	dir, err := os.MkdirTemp("", "logs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	sup := process.NewSupervisor(process.Config{LogDir: dir, Logger: slog.New(slog.DiscardHandler)})
	defer sup.Stop(context.Background())
	err = sup.Start(context.Background(), process.Service{
		Name:    "sleeper",
		Command: process.Command{Path: "/bin/sleep", Args: []string{"60"}},
	})
	fmt.Println(err, sup.Status()[0].State)
	// Output: <nil> running
}

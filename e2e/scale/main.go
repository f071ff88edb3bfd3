package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	in, err := readInputs(args)
	if err != nil {
		return err
	}
	report(stdout, in)
	return nil
}

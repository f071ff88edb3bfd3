package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Environ(), os.Stdout, os.Stderr, startLambda); err != nil {
		fmt.Fprintln(os.Stderr, "consumer:", err)
		os.Exit(1)
	}
}

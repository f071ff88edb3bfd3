// Command mockcognito serves package mockcognito on a local address: an issuer of access tokens that behaves like
// Amazon Cognito for the client-credentials grant, with the API that makes user pools and what belongs to them. It is
// configured by environment variables, which --help lists, and a YAML file of pools; it logs JSON lines to standard output, "ready" once it serves, and stops on SIGINT or SIGTERM.
package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "mockcognito:", err)
		os.Exit(exitCode(err))
	}
}

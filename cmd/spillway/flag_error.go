package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// flagError tells what is wrong with a flag. What comes with one that does not exist is
// not repeated, for it may be a secret.
func flagError(cmd *cobra.Command, err error) error {
	path := cmd.CommandPath()
	var flag interface { // of pflag's errors about a flag's name
		GetSpecifiedName() string
		GetSpecifiedShortnames() string
	}
	var syntax interface{ GetSpecifiedFlag() string }
	switch {
	case errors.As(err, &syntax):
		return usageError{fmt.Errorf("bad flag syntax; %s --help lists the flags", path)}
	case !errors.As(err, &flag):
		return usageError{fmt.Errorf("%w; %s --help lists the flags", err, path)}
	}
	name, what := "--"+flag.GetSpecifiedName(), "unknown flag"
	if flag.GetSpecifiedShortnames() != "" {
		name = name[1:] // the letter, without those that follow
	}
	if strings.HasPrefix(err.Error(), "flag needs an argument") {
		what = "flag needs an argument"
	}
	return usageError{fmt.Errorf("%s: %s; %s --help lists the flags%s", what, name, path, secretHint(name))}
}

// secretHint says how to give what a flag of this name would be for.
func secretHint(name string) string {
	lower := strings.ToLower(name)
	switch {
	case strings.Contains(lower, "secret"), strings.Contains(lower, "password"):
		return fmt.Sprintf(". A secret is never a flag, for all users of a machine can read the arguments of its processes: give it by %s", secretWays())
	case lower == "--token", lower == "--access-token":
		return ". A token is never a flag, for all users of a machine can read the arguments of its processes: give it by " + settingToken.ways()
	}
	return ""
}

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (p *program) tokenCommand() *cobra.Command {
	var claims bool
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print an access token",
		Long: "Print a new access token, for other tools: whoever has it may read what it grants until it expires.\n" +
			"With --claims, print what it says instead.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.token(cmd, claims) },
	}
	credentialFlags(cmd)
	cmd.Flags().BoolVar(&claims, "claims", false, "print the token's claims as JSON, not the token")
	return cmd
}

func (p *program) token(cmd *cobra.Command, claims bool) error {
	settings, err := p.settings(cmd)
	if err != nil {
		return err
	}
	creds, errs := settings.token()
	if err := configError(errs); err != nil {
		return err
	}
	if err := settings.askSecret(&creds); err != nil {
		return err
	}
	token, err := creds.Fetch(cmd.Context())
	if err != nil {
		return err
	}
	text := token.AccessToken
	if claims {
		if text, err = claimsOf(token.AccessToken); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(p.stdout, text)
	return err
}

// claimsOf returns the claims of a JSON Web Token, indented, without verifying it:
// that is the gateway's task.
func claimsOf(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("the access token is no JSON Web Token: it has no claims to show")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", fmt.Errorf("the access token's claims: %w", err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, payload, "", "  "); err != nil {
		return "", fmt.Errorf("the access token's claims: %w", err)
	}
	return b.String(), nil
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, has %q", cmd.CommandPath(), args[0])}
	}
	return nil
}

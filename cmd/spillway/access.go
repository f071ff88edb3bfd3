package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway/spillway/pkg/client"
)

func (p *program) accessCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "access",
		Short: "Show what the token may read",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.access(cmd, output) },
	}
	gatewayFlags(cmd)
	outputFlag(cmd, &output)
	return cmd
}

func (p *program) access(cmd *cobra.Command, output string) error {
	c, err := p.connect(cmd, mistakes(checkOutput(output)))
	if err != nil {
		return err
	}
	defer c.Close()
	access, err := c.Access(cmd.Context())
	if err != nil {
		return err
	}
	if output == outputJSON {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetEscapeHTML(false) // a pattern ends with >
		return encoder.Encode(newAccessLine(access))
	}
	return printAccess(p.stdout, access, time.Now())
}

// connect returns a client of the gateway that the settings of cmd name. Its error
// lists their mistakes after those that were found before.
func (p *program) connect(cmd *cobra.Command, before []error) (*client.Client, error) {
	settings, err := p.settings(cmd)
	if err != nil {
		return nil, err
	}
	config, errs := settings.gateway()
	if err := configError(append(before, errs...)); err != nil {
		return nil, err
	}
	if err := settings.askSecret(&config.Credentials); err != nil {
		return nil, err
	}
	return client.New(config)
}

func printAccess(w io.Writer, a client.Access, now time.Time) error {
	var lines []string
	for _, grant := range a.Grants {
		lines = append(lines, grantText(grant, a.GrantFilters[grant]))
	}
	grants := strings.Join(lines, "\n\t")
	if grants == "" {
		grants = "nothing"
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "client\t%s\n", a.ClientID)
	fmt.Fprintf(t, "may read\t%s\n", grants)
	if !a.TokenExpiresAt.IsZero() {
		fmt.Fprintf(t, "token expires\t%s (in %s)\n", a.TokenExpiresAt.Format(time.RFC3339), a.TokenExpiresAt.Sub(now).Round(time.Second))
	}
	fmt.Fprintf(t, "retention\t%s\n", a.Retention)
	fmt.Fprintf(t, "heartbeat\t%s\n", a.Limits.HeartbeatInterval)
	fmt.Fprintf(t, "batch\t%s\n", sizeText(int64(a.Limits.MaxBatchBytes)))
	fmt.Fprintf(t, "server\t%s\n", a.ServerVersion)
	return t.Flush()
}

// grantText tells a pattern and which of its events the operator lets be read.
func grantText(pattern, filter string) string {
	if filter == "" {
		return pattern
	}
	return pattern + "  where " + printable(filter)
}

// accessLine is an Access in JSON.
type accessLine struct {
	ClientID       string     `json:"client_id"`
	Grants         []string   `json:"grants"`
	TokenExpiresAt *time.Time `json:"token_expires_at,omitempty"`
	Retention      float64    `json:"retention_seconds"`
	Heartbeat      float64    `json:"heartbeat_seconds"`
	MaxBatchBytes  uint32     `json:"max_batch_bytes"`
	ServerVersion  string     `json:"server_version"`

	GrantFilters map[string]string `json:"grant_filters,omitempty"`
}

func newAccessLine(a client.Access) accessLine {
	return accessLine{
		ClientID: a.ClientID, Grants: append([]string{}, a.Grants...), TokenExpiresAt: known(a.TokenExpiresAt),
		Retention: a.Retention.Seconds(), Heartbeat: a.Limits.HeartbeatInterval.Seconds(),
		MaxBatchBytes: a.Limits.MaxBatchBytes, ServerVersion: a.ServerVersion,
		GrantFilters: a.GrantFilters,
	}
}

// sizeText spells a number of bytes.
func sizeText(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

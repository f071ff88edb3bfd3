package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spillway/spillway/pkg/customers"
)

// regionOf is what a user pool's id begins with, empty if it does not look like one.
func regionOf(poolID string) string {
	region, _, ok := strings.Cut(poolID, "_")
	if !ok {
		return ""
	}
	return region
}

// customerLine is a customer in JSON.
type customerLine struct {
	Name         string   `json:"name"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret,omitempty"` // where it is told
	Grants       []string `json:"grants"`
	Missing      []string `json:"missing_scopes,omitempty"`
	Managed      string   `json:"managed_by"`
	Validity     float64  `json:"token_validity_seconds"`
	Created      string   `json:"created"`
	Secrets      []string `json:"secrets_created,omitempty"` // when
}

// Who says what a customer may read.
const (
	managedHere      = "spillway"
	managedElsewhere = "template"
)

func newCustomerLine(c customers.Customer) customerLine {
	line := customerLine{
		Name: c.Name, ClientID: c.ClientID, Grants: append([]string{}, c.Grants...), Missing: c.Missing, Managed: managedElsewhere,
		Validity: c.TokenValidity.Seconds(), Created: c.Created.UTC().Format(time.RFC3339),
	}
	if c.Own {
		line.Managed = managedHere
	}
	for _, s := range c.Secrets {
		line.Secrets = append(line.Secrets, s.Created.UTC().Format(time.RFC3339))
	}
	return line
}

// encode writes v as a line of JSON.
func (p *program) encode(v any) error {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetEscapeHTML(false) // a pattern ends with >
	return encoder.Encode(v)
}

// printCustomer writes one customer, with its secret if there is one to tell.
func (p *program) printCustomer(output string, c customerLine) error {
	if output == outputJSON {
		return p.encode(c)
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "customer\t%s\n", printable(c.Name))
	fmt.Fprintf(t, "client id\t%s\n", printable(c.ClientID))
	if c.ClientSecret != "" {
		fmt.Fprintf(t, "client secret\t%s\n", printable(c.ClientSecret))
	}
	fmt.Fprintf(t, "may read\t%s\n", strings.Join(grantsText(c), "\n\t"))
	fmt.Fprintf(t, "tokens are good for\t%s\n", time.Duration(c.Validity*float64(time.Second)))
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := p.stdout.Write([]byte(b.String())) // at once, so that a secret is told whole or not
	return err
}

// grantsText tells the patterns, and which of them no token has.
func grantsText(c customerLine) []string {
	var lines []string
	for _, g := range c.Grants {
		text := printable(g)
		if slices.Contains(c.Missing, g) {
			text += " (has no scope)"
		}
		lines = append(lines, text)
	}
	if lines == nil {
		lines = []string{"nothing"}
	}
	return lines
}

func (p *program) printCustomers(o customerOptions, l customers.Listing) error {
	var lines []customerLine
	for _, c := range l.Customers {
		lines = append(lines, newCustomerLine(c))
	}
	if o.output == outputJSON {
		return p.encode(map[string]any{"customers": append([]customerLine{}, lines...), "resource_server": o.server, "scopes": l.Scopes, "scopes_limit": customers.MaxScopes})
	}
	t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "NAME\tCLIENT ID\tBY\tSECRETS\tTOKENS\tMAY READ\n")
	for _, c := range lines {
		validity := time.Duration(c.Validity * float64(time.Second))
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", printable(c.Name), printable(c.ClientID), c.Managed, len(c.Secrets), validity, strings.Join(grantsText(c), " "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	p.note("%s has %d of %d scopes", o.server, l.Scopes, customers.MaxScopes)
	for _, c := range lines {
		switch {
		case c.Missing == nil:
		case c.Managed == managedHere:
			p.note("no token of %s has %s: spillway admin customer grant %s, with its grants, puts the scopes back", c.Name, strings.Join(c.Missing, ", "), c.Name)
		default:
			p.note("no token of %s has %s: its resource server has no such scope", c.Name, strings.Join(c.Missing, ", "))
		}
	}
	return nil
}

func (p *program) printRemoved(output, name string, r customers.Removed) error {
	c := r.Customer
	if output == outputJSON {
		return p.encode(map[string]any{"name": name, "client_id": c.ClientID, "removed": c.ClientID != "", "scopes_removed": append([]string{}, r.Scopes...)})
	}
	if c.ClientID == "" {
		p.note("there is no customer %s", name)
		return nil
	}
	if _, err := fmt.Fprintf(p.stdout, "%s (client %s) gets no token any more\n", name, c.ClientID); err != nil {
		return err
	}
	p.note("the tokens that it has are good for up to %s; spillway admin disconnect %s ends them, and its streams, at once", c.TokenValidity, c.ClientID)
	return nil
}

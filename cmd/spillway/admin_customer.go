package main

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/customers"
)

// customerOptions are the flags of admin customer.
type customerOptions struct {
	grants   []string
	server   string
	validity time.Duration
	drop     string
	output   string
}

func (p *program) customerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "customer",
		Short: "Who may subscribe, and to what",
		Long: `Add, list, change and remove customers: app clients of the Cognito user pool, whose scopes are the patterns that they
may read.

Scopes of customers that are made here are of a resource server of their own, spillway-customers, so that they and
the customers that a template declares (Customers, Grants, Patterns) do not meddle with each other. Gateways take
both for grants, unless SPILLWAY_RESOURCE_SERVERS says otherwise. A template's customers are listed, and their secrets
can be rotated; the rest is the template's.

AWS credentials are found as the AWS CLI finds them. They need, on the user pool, cognito-idp:ListUserPoolClients,
DescribeUserPoolClient and DescribeResourceServer; for add and grant CreateResourceServer, UpdateResourceServer, and
CreateUserPoolClient, DeleteUserPoolClient or UpdateUserPoolClient; for remove DeleteUserPoolClient,
UpdateResourceServer and DeleteResourceServer; for list and rotate ListUserPoolClientSecrets; for rotate
AddUserPoolClientSecret and DeleteUserPoolClientSecret.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.customerAdd(), p.customerGrant(), p.customerList(), p.customerRemove(), p.customerRotate())
	return cmd
}

// customerFlags are those that all of the commands have.
func customerFlags(cmd *cobra.Command, o *customerOptions) {
	f := cmd.Flags()
	f.String(settingUserPool.places().flag, "", "the Cognito user pool")
	f.String(settingCognito.places().flag, "", "where Cognito is (default: AWS)")
	f.String(settingRegion.places().flag, "", "AWS region (default: the user pool's)")
	f.StringVar(&o.server, "resource-server", customers.DefaultResourceServer, "resource server of the scopes; gateways have to take it for grants")
	outputFlag(cmd, &o.output)
}

func grantFlag(cmd *cobra.Command, o *customerOptions) {
	cmd.Flags().StringArrayVar(&o.grants, "grant", nil, "a pattern that it may read; as often as needed")
}

func (p *program) customerAdd() *cobra.Command {
	o := customerOptions{}
	cmd := &cobra.Command{
		Use:   "add NAME --grant PATTERN",
		Short: "Make a customer, and print its credentials once",
		Long: `Make an app client that may read what the patterns match, and print its id and its secret. The secret is told here
and nowhere else; if it is lost, rotate it. If it cannot be printed, the client is deleted again.

A customer that is there with the same grants is left as it is, and its secret is not told.`,
		Example: `  spillway admin customer add newschannel --grant weather.us.ny --grant weather.us.nj
  spillway admin customer add institute --grant 'weather.us.>' --token-validity 15m -o json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withCustomer(cmd, args, o, func(d *customers.Directory, name string) error { return p.addCustomer(cmd, d, name, o) })
		},
	}
	customerFlags(cmd, &o)
	grantFlag(cmd, &o)
	cmd.Flags().DurationVar(&o.validity, "token-validity", customers.DefaultTokenValidity, "how long its tokens are good, 5m to 24h in whole minutes")
	return cmd
}

func (p *program) addCustomer(cmd *cobra.Command, d *customers.Directory, name string, o customerOptions) error {
	added, err := d.Add(cmd.Context(), name, o.grants)
	if differs, ok := errors.AsType[*customers.GrantsError](err); ok {
		return fmt.Errorf("%w; spillway admin customer grant %s replaces that", differs, name)
	}
	if err != nil {
		return err
	}
	if added.Existed {
		p.note("%s is there already, with these grants; its secret is not told again, but can be replaced: spillway admin customer rotate %s", name, name)
	}
	line := newCustomerLine(added.Customer)
	line.ClientSecret = added.Secret
	if err := p.printCustomer(o.output, line); err != nil {
		if !added.Existed {
			err = errors.Join(err, d.Withdraw(cmd.Context(), added.Customer))
		}
		return fmt.Errorf("print the credentials: %w", err)
	}
	return nil
}

func (p *program) customerGrant() *cobra.Command {
	o := customerOptions{}
	cmd := &cobra.Command{
		Use:   "grant NAME --grant PATTERN",
		Short: "Replace what a customer may read",
		Long: `Replace the patterns that a customer may read. It holds for the tokens that the customer gets from then on: those that
it has keep theirs until they expire, or until spillway admin disconnect takes them back.`,
		Example: `  spillway admin customer grant newschannel --grant 'weather.us.*'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withCustomer(cmd, args, o, func(d *customers.Directory, name string) error {
				granted, err := d.Grant(cmd.Context(), name, o.grants)
				if err == nil || granted.ClientID != "" {
					err = errors.Join(p.printCustomer(o.output, newCustomerLine(granted.Customer)), err)
				}
				return err
			})
		},
	}
	customerFlags(cmd, &o)
	grantFlag(cmd, &o)
	return cmd
}

func (p *program) customerRemove() *cobra.Command {
	o := customerOptions{}
	cmd := &cobra.Command{
		Use:   "remove NAME",
		Short: "Delete a customer",
		Long: `Delete a customer's app client, so that it gets no token any more, and the scopes that no client has any more. The
tokens that it has are good until they expire; spillway admin disconnect ends them, and its streams, at once.

A customer that is not there is told, and is no error.`,
		Example: `  spillway admin customer remove newschannel`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withCustomer(cmd, args, o, func(d *customers.Directory, name string) error {
				removed, err := d.Remove(cmd.Context(), name)
				return errors.Join(p.printRemoved(o.output, name, removed), err)
			})
		},
	}
	customerFlags(cmd, &o)
	return cmd
}

func (p *program) customerRotate() *cobra.Command {
	o := customerOptions{}
	cmd := &cobra.Command{
		Use:   "rotate NAME",
		Short: "Give a customer a new secret, in two steps",
		Long: `Add a second secret to a customer and print it once. Both are good, until --drop=old ends the first one, when the
customer has put the new one to use; --drop=new takes the new one back. A customer has at most two, so a rotation
is ended before the next one. Tokens stay good.

It works for the customers of a template, too.`,
		Example: `  spillway admin customer rotate newschannel
  spillway admin customer rotate newschannel --drop=old`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withCustomer(cmd, args, o, func(d *customers.Directory, name string) error { return p.rotateCustomer(cmd, d, name, o) })
		},
	}
	customerFlags(cmd, &o)
	cmd.Flags().StringVar(&o.drop, "drop", "", "end a rotation: old or new is the secret that goes")
	return cmd
}

func (p *program) rotateCustomer(cmd *cobra.Command, d *customers.Directory, name string, o customerOptions) error {
	if o.drop != "" {
		c, err := d.Drop(cmd.Context(), name, customers.Which(o.drop))
		if err != nil {
			return err
		}
		p.note("the %s secret of %s is good for no token any more", o.drop, name)
		return p.printCustomer(o.output, newCustomerLine(c))
	}
	rotated, err := d.Rotate(cmd.Context(), name)
	if errors.Is(err, customers.ErrRotating) {
		return fmt.Errorf("%w, by --drop=old or --drop=new", err)
	}
	if err != nil {
		return err
	}
	line := newCustomerLine(rotated.Customer)
	line.ClientSecret = rotated.Secret
	if err := p.printCustomer(o.output, line); err != nil {
		return fmt.Errorf("print the secret: %w", errors.Join(err, d.WithdrawSecret(cmd.Context(), rotated.Customer, rotated.SecretID)))
	}
	p.note("the secret before is good, too, until: spillway admin customer rotate %s --drop=old", name)
	return nil
}

func (p *program) customerList() *cobra.Command {
	o := customerOptions{}
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the customers, and what they may read",
		Example: `  spillway admin customer list -o json`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := p.directory(cmd, o)
			if err != nil {
				return err
			}
			listing, err := d.List(cmd.Context())
			if err != nil {
				return err
			}
			return p.printCustomers(o, listing)
		},
	}
	customerFlags(cmd, &o)
	return cmd
}

// withCustomer calls do for the customer that the arguments name.
func (p *program) withCustomer(cmd *cobra.Command, args []string, o customerOptions, do func(d *customers.Directory, name string) error) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("%s wants one name, has %d", cmd.CommandPath(), len(args))}
	}
	d, err := p.directory(cmd, o)
	if err != nil {
		return err
	}
	return do(d, args[0])
}

// directory returns the customers of the user pool that the settings of cmd name, or every mistake in them.
func (p *program) directory(cmd *cobra.Command, o customerOptions) (*customers.Directory, error) {
	settings, err := p.settings(cmd)
	if err != nil {
		return nil, err
	}
	endpoint, err := settings.cognito()
	wrong := append(mistakes(errors.Join(checkOutput(o.output), err)), settings.missing(settingUserPool)...)
	if o.drop != "" && o.drop != string(customers.OldSecret) && o.drop != string(customers.NewSecret) {
		wrong = append(wrong, fmt.Errorf("--drop is %q, must be old or new", o.drop))
	}
	config := customers.Config{PoolID: settings.get(settingUserPool), ResourceServer: o.server, TokenValidity: o.validity}
	if config.PoolID == "" {
		config.PoolID = "missing" // which is told
	}
	if _, err := customers.New(nil, config); err != nil {
		wrong = append(wrong, mistakes(err)...)
	}
	if err := configError(wrong); err != nil {
		return nil, err
	}
	cognito, err := customers.Connect(cmd.Context(), endpoint)
	if errors.Is(err, customers.ErrNoRegion) {
		err = fmt.Errorf("%w: give it by %s", err, settingRegion.ways())
	}
	if err != nil {
		return nil, usageError{err}
	}
	return customers.New(cognito, config)
}

// cognito says where Cognito is. A user pool's id begins with its region.
func (c *settings) cognito() (customers.Endpoint, error) {
	e := customers.Endpoint{URL: c.get(settingCognito), Region: c.get(settingRegion)}
	if e.Region == "" {
		e.Region = regionOf(c.get(settingUserPool))
	}
	if e.URL == "" {
		return e, nil
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return e, fmt.Errorf("the Cognito endpoint %q must be a URL: http://host:port or https://host", e.URL)
	}
	e.Dummy = client.IsLoopback(u.Hostname()) && c.getenv("AWS_ACCESS_KEY_ID") == "" // a profile is for AWS, and is often set for good
	if e.Dummy && e.Region == "" {
		e.Region = "us-east-1"
	}
	return e, nil
}

package customers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const (
	// DefaultResourceServer is the identifier of the resource server that has the scopes of customers.
	DefaultResourceServer = "spillway-customers"
	// TemplateResourceServer is the one that deploy/cognito.yaml makes, whose scopes are that template's.
	TemplateResourceServer = "spillway"
	// DefaultTokenValidity is how long a token of a new customer lives.
	DefaultTokenValidity = time.Hour
	// MinTokenValidity is the shortest that Cognito has.
	MinTokenValidity = 5 * time.Minute
	// MaxTokenValidity is the longest.
	MaxTokenValidity = 24 * time.Hour

	// clientsPerPage is the most that ListUserPoolClients tells at once.
	clientsPerPage = 60
	// maxPoolClients bounds what is read of a pool: its quota of clients can be raised to 10,000.
	maxPoolClients = 10_000
)

// Config says whose customers.
type Config struct {
	// PoolID is the user pool.
	PoolID string
	// ResourceServer is the identifier of the resource server for the scopes; empty is DefaultResourceServer.
	ResourceServer string
	// TokenValidity is how long a token of a customer that is added lives, in whole minutes; 0 is DefaultTokenValidity.
	TokenValidity time.Duration
}

// Directory is the customers of a user pool.
type Directory struct {
	client *cognito.Client
	c      Config
}

// New returns the customers of a pool, or all mistakes of the configuration. It asks nobody.
func New(client *cognito.Client, c Config) (*Directory, error) {
	if c.ResourceServer == "" {
		c.ResourceServer = DefaultResourceServer
	}
	if c.TokenValidity == 0 {
		c.TokenValidity = DefaultTokenValidity
	}
	var errs []error
	if c.PoolID == "" {
		errs = append(errs, errors.New("user pool: must not be empty"))
	}
	if c.ResourceServer == TemplateResourceServer {
		errs = append(errs, fmt.Errorf("resource server %s: its scopes are the template's, which removes others: want another", c.ResourceServer))
	}
	if strings.ContainsAny(c.ResourceServer, " \t\r\n") || len(c.ResourceServer) > maxIdentifier {
		errs = append(errs, fmt.Errorf("resource server %q: must be at most %d characters without blanks", c.ResourceServer, maxIdentifier))
	}
	if c.TokenValidity < MinTokenValidity || c.TokenValidity > MaxTokenValidity || c.TokenValidity%time.Minute != 0 {
		errs = append(errs, fmt.Errorf("validity of tokens: is %v: want %v to %v in whole minutes", c.TokenValidity, MinTokenValidity, MaxTokenValidity))
	}
	return &Directory{client, c}, errors.Join(errs...)
}

// Customer is an app client of the pool.
type Customer struct {
	Name, ClientID string
	// Grants are the patterns that it may read, sorted: the names of its scopes, of whatever resource server.
	Grants []string
	// Missing are those of Grants that no token has, because the resource server has no such scope. Only List tells.
	Missing []string
	// Own tells that a Directory of this resource server has made it, not a template.
	Own     bool
	Created time.Time
	// TokenValidity is how long its tokens live.
	TokenValidity time.Duration
	// Secrets are its active secrets, the oldest first, without their values. Only List tells.
	Secrets []Secret

	scopes []string // in full
}

// Secret is a client's secret, without its value.
type Secret struct {
	ID      string
	Created time.Time
}

// prefix is what the scopes of the Directory's own resource server begin with.
func (d *Directory) prefix() string { return d.c.ResourceServer + "/" }

// named are the ids of the clients with a name; all clients for an empty one.
func (d *Directory) named(ctx context.Context, name string) ([]string, error) {
	var ids []string
	pages := cognito.NewListUserPoolClientsPaginator(d.client, &cognito.ListUserPoolClientsInput{UserPoolId: &d.c.PoolID, MaxResults: aws.Int32(clientsPerPage)})
	for n := 0; pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the clients of user pool %s: %w", d.c.PoolID, err)
		}
		if n += len(page.UserPoolClients); n > maxPoolClients {
			return nil, fmt.Errorf("user pool %s has more than %d clients", d.c.PoolID, maxPoolClients)
		}
		for _, c := range page.UserPoolClients {
			if name == "" || aws.ToString(c.ClientName) == name {
				ids = append(ids, aws.ToString(c.ClientId))
			}
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// find returns the one client with a name, or ErrNotFound.
func (d *Directory) find(ctx context.Context, name string) (Customer, error) {
	ids, err := d.named(ctx, name)
	switch {
	case err != nil:
		return Customer{}, err
	case len(ids) == 0:
		return Customer{}, ErrNotFound
	case len(ids) > 1:
		return Customer{}, fmt.Errorf("%d clients of user pool %s are called %s (%s): delete all but one in Cognito", len(ids), d.c.PoolID, name, strings.Join(ids, ", "))
	}
	c, err := d.describe(ctx, ids[0])
	if err != nil {
		return Customer{}, err
	}
	return d.customer(c), nil
}

func (d *Directory) describe(ctx context.Context, id string) (*types.UserPoolClientType, error) {
	out, err := d.client.DescribeUserPoolClient(ctx, &cognito.DescribeUserPoolClientInput{UserPoolId: &d.c.PoolID, ClientId: &id})
	if err != nil {
		return nil, fmt.Errorf("describe client %s: %w", id, err)
	}
	return out.UserPoolClient, nil
}

func (d *Directory) customer(c *types.UserPoolClientType) Customer {
	out := Customer{
		Name: aws.ToString(c.ClientName), ClientID: aws.ToString(c.ClientId), Created: aws.ToTime(c.CreationDate),
		TokenValidity: validity(c), Own: len(c.AllowedOAuthScopes) > 0, scopes: c.AllowedOAuthScopes,
	}
	for _, scope := range c.AllowedOAuthScopes {
		out.Own = out.Own && strings.HasPrefix(scope, d.prefix())
		out.Grants = append(out.Grants, scope[strings.LastIndexByte(scope, '/')+1:])
	}
	slices.Sort(out.Grants)
	out.Grants = slices.Compact(out.Grants)
	return out
}

// validity is how long a client's access tokens live: a number of hours, unless a unit is named.
func validity(c *types.UserPoolClientType) time.Duration {
	n := aws.ToInt32(c.AccessTokenValidity)
	if n == 0 {
		return DefaultTokenValidity
	}
	unit := time.Hour
	if c.TokenValidityUnits != nil {
		switch c.TokenValidityUnits.AccessToken {
		case types.TimeUnitsTypeSeconds:
			unit = time.Second
		case types.TimeUnitsTypeMinutes:
			unit = time.Minute
		case types.TimeUnitsTypeDays:
			unit = 24 * time.Hour
		}
	}
	return time.Duration(n) * unit
}

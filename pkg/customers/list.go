package customers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Listing is all clients of a pool.
type Listing struct {
	Customers []Customer // by name
	// Scopes is how many of MaxScopes the Directory's own resource server has.
	Scopes int
}

// List reads all clients of the pool, also those that a template has made.
func (d *Directory) List(ctx context.Context) (Listing, error) {
	var out Listing
	servers := map[string][]types.ResourceServerScopeType{}
	known := func(server string) ([]types.ResourceServerScopeType, error) {
		scopes, ok := servers[server]
		if ok {
			return scopes, nil
		}
		scopes, _, err := d.scopes(ctx, server)
		servers[server] = scopes
		return scopes, err
	}
	own, err := known(d.c.ResourceServer)
	if err != nil {
		return Listing{}, err
	}
	out.Scopes = len(own)
	err = d.each(ctx, func(c Customer) error {
		for _, scope := range c.scopes {
			slash := strings.LastIndexByte(scope, '/')
			if slash < 0 {
				continue // an OpenID scope is of no resource server
			}
			scopes, err := known(scope[:slash])
			if err != nil {
				return err
			}
			if !hasScope(scopes, scope[slash+1:]) {
				c.Missing = append(c.Missing, scope[slash+1:])
			}
		}
		slices.Sort(c.Missing)
		if c.Secrets, err = d.secrets(ctx, c.ClientID); err != nil {
			return err
		}
		out.Customers = append(out.Customers, c)
		return nil
	})
	slices.SortFunc(out.Customers, func(a, b Customer) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ClientID, b.ClientID))
	})
	return out, err
}

// each calls do with every client of the pool. One that goes meanwhile is left out.
func (d *Directory) each(ctx context.Context, do func(Customer) error) error {
	ids, err := d.named(ctx, "")
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := d.describe(ctx, id)
		if hasCode(err, codeNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := do(d.customer(c)); err != nil {
			return err
		}
	}
	return nil
}

// secrets are a client's, the oldest first.
func (d *Directory) secrets(ctx context.Context, id string) ([]Secret, error) {
	out, err := d.client.ListUserPoolClientSecrets(ctx, &cognito.ListUserPoolClientSecretsInput{UserPoolId: &d.c.PoolID, ClientId: &id})
	if hasCode(err, codeNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the secrets of client %s: %w", id, err)
	}
	var secrets []Secret
	for _, s := range out.ClientSecrets {
		secrets = append(secrets, Secret{aws.ToString(s.ClientSecretId), aws.ToTime(s.ClientSecretCreateDate)})
	}
	slices.SortFunc(secrets, func(a, b Secret) int { return a.Created.Compare(b.Created) })
	return secrets, nil
}

package customers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// undoTime is what taking back a change gets that was not finished, whatever has become of the caller's context.
const undoTime = 20 * time.Second

// Added is a customer with its secret.
type Added struct {
	Customer
	// Secret is its client secret. It is empty if Existed.
	Secret string
	// Existed tells that the customer was there, with the same grants.
	Existed bool
}

// Add makes a customer that may read what patterns match. One that is there with the same grants is left as it is, without its
// secret being told; with others it is a [GrantsError], and somebody else's client with the name a [ForeignError].
func (d *Directory) Add(ctx context.Context, name string, patterns []string) (Added, error) {
	patterns, err := checkGrants(name, patterns)
	if err != nil {
		return Added{}, err
	}
	c, err := d.find(ctx, name)
	switch {
	case errors.Is(err, ErrNotFound):
		return d.add(ctx, name, patterns)
	case err != nil:
		return Added{}, err
	case !c.Own:
		return Added{}, &ForeignError{name, c.ClientID, c.scopes}
	case !slices.Equal(c.Grants, patterns):
		return Added{}, &GrantsError{name, c.ClientID, c.Grants}
	}
	return Added{Customer: c, Existed: true}, d.ensureScopes(ctx, patterns)
}

func (d *Directory) add(ctx context.Context, name string, patterns []string) (Added, error) {
	var c *types.UserPoolClientType
	for attempt := 1; c == nil; attempt++ {
		if err := d.ensureScopes(ctx, patterns); err != nil {
			return Added{}, err
		}
		var err error
		c, err = d.create(ctx, name, patterns)
		if hasCode(err, codeNoScope) && attempt < scopeAttempts {
			continue // somebody else's change has removed it
		}
		if err != nil {
			return Added{}, fmt.Errorf("%w; no client was made, and scopes that were added for it grant nobody anything: the next add uses them, the next remove removes them", err)
		}
	}
	added := Added{Customer: d.customer(c), Secret: aws.ToString(c.ClientSecret)}
	if err := d.onlyOne(ctx, added.Customer); err != nil {
		return Added{}, err
	}
	if err := d.ensureScopes(ctx, patterns); err != nil {
		return Added{}, d.withdrawn(ctx, added.Customer, err)
	}
	return added, nil
}

// create makes the client. Where it is not known whether Cognito has, Cognito is asked.
func (d *Directory) create(ctx context.Context, name string, patterns []string) (*types.UserPoolClientType, error) {
	out, err := d.client.CreateUserPoolClient(ctx, &cognito.CreateUserPoolClientInput{
		UserPoolId: &d.c.PoolID, ClientName: &name, GenerateSecret: true,
		AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: []types.OAuthFlowType{types.OAuthFlowTypeClientCredentials},
		AllowedOAuthScopes:  d.scopesOf(patterns),
		AccessTokenValidity: aws.Int32(int32(d.c.TokenValidity / time.Minute)), TokenValidityUnits: &types.TokenValidityUnitsType{AccessToken: types.TimeUnitsTypeMinutes},
		EnableTokenRevocation: aws.Bool(true), PreventUserExistenceErrors: types.PreventUserExistenceErrorTypesEnabled,
	}, once)
	switch {
	case err == nil:
		return out.UserPoolClient, nil
	case hasCode(err, codeLimit):
		return nil, fmt.Errorf("make client %s: the pool has as many as its quota allows (1,000, if it was not raised): %w", name, err)
	case refused(err):
		return nil, fmt.Errorf("make client %s: %w", name, err)
	}
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	ids, lookErr := d.named(look, name)
	if lookErr != nil {
		return nil, fmt.Errorf("make client %s: %w; it may have been made for all that, because asking failed, too: %w", name, err, lookErr)
	}
	if len(ids) == 1 {
		return d.describe(look, ids[0])
	}
	return nil, fmt.Errorf("make client %s: %w", name, err)
}

// onlyOne takes the client back if another one with its name was made in the same moment. Of two that find each other, the one
// with the greater id goes.
func (d *Directory) onlyOne(ctx context.Context, c Customer) error {
	ids, err := d.named(ctx, c.Name)
	if err != nil {
		return d.withdrawn(ctx, c, err)
	}
	if len(ids) > 1 && ids[0] != c.ClientID {
		return d.withdrawn(ctx, c, fmt.Errorf("somebody else has added %s in the same moment (client %s)", c.Name, ids[0]))
	}
	return nil
}

// withdrawn deletes a client that was only just made, because of err, which it returns with what became of that.
func (d *Directory) withdrawn(ctx context.Context, c Customer, err error) error {
	return errors.Join(err, d.Withdraw(ctx, c))
}

// Withdraw deletes a client that [Directory.Add] has only just made and whose secret could be told to nobody. It does so for some
// time even if ctx has ended; its error names what is left.
func (d *Directory) Withdraw(ctx context.Context, c Customer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if err := d.deleteClient(ctx, c.ClientID); err != nil {
		return fmt.Errorf("client %s, called %s, is left, and nobody knows its secret: remove it (%w)", c.ClientID, c.Name, err)
	}
	return nil
}

func (d *Directory) deleteClient(ctx context.Context, id string) error {
	_, err := d.client.DeleteUserPoolClient(ctx, &cognito.DeleteUserPoolClientInput{UserPoolId: &d.c.PoolID, ClientId: &id})
	if err != nil && !hasCode(err, codeNotFound) {
		return fmt.Errorf("delete client %s: %w", id, err)
	}
	return nil
}

package customers

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Granted is a change of what a customer may read.
type Granted struct {
	Customer          // as it is now
	Before   []string // its grants before
	// Scopes are patterns that nobody has any more, whose scopes are removed.
	Scopes []string
}

// Grant replaces what a customer may read. It holds for the tokens that the customer gets from then on. What else is set of its
// client stays.
func (d *Directory) Grant(ctx context.Context, name string, patterns []string) (Granted, error) {
	patterns, err := checkGrants(name, patterns)
	if err != nil {
		return Granted{}, err
	}
	c, err := d.find(ctx, name)
	switch {
	case err != nil:
		return Granted{}, fmt.Errorf("%s: %w", name, err)
	case !c.Own:
		return Granted{}, &ForeignError{name, c.ClientID, c.scopes}
	}
	out := Granted{Customer: c, Before: c.Grants}
	for attempt := 1; ; attempt++ {
		if err := d.ensureScopes(ctx, patterns); err != nil {
			return Granted{}, err
		}
		if slices.Equal(c.Grants, patterns) {
			return out, nil
		}
		if err = d.setGrants(ctx, c.ClientID, patterns); err == nil {
			break
		}
		if !hasCode(err, codeNoScope) || attempt == scopeAttempts {
			return Granted{}, err
		}
	}
	out.Grants = patterns
	if out.Scopes, err = d.prune(ctx); err != nil {
		return out, fmt.Errorf("%s may read %s now, but scopes that nobody has are not cleared away; they grant nobody anything: %w", name, orNone(patterns), err)
	}
	return out, nil
}

// setGrants says again all that is set of a client, because an update puts back what it leaves out.
func (d *Directory) setGrants(ctx context.Context, id string, patterns []string) error {
	c, err := d.describe(ctx, id)
	if err != nil {
		return err
	}
	in := &cognito.UpdateUserPoolClientInput{
		UserPoolId: &d.c.PoolID, ClientId: &id, ClientName: c.ClientName, AllowedOAuthScopes: d.scopesOf(patterns),
		AccessTokenValidity: c.AccessTokenValidity, AllowedOAuthFlows: c.AllowedOAuthFlows,
		AllowedOAuthFlowsUserPoolClient: aws.ToBool(c.AllowedOAuthFlowsUserPoolClient), AnalyticsConfiguration: c.AnalyticsConfiguration,
		AuthSessionValidity: c.AuthSessionValidity, CallbackURLs: c.CallbackURLs, DefaultRedirectURI: c.DefaultRedirectURI,
		EnablePropagateAdditionalUserContextData: c.EnablePropagateAdditionalUserContextData, EnableTokenRevocation: c.EnableTokenRevocation,
		ExplicitAuthFlows: c.ExplicitAuthFlows, IdTokenValidity: c.IdTokenValidity, LogoutURLs: c.LogoutURLs,
		PreventUserExistenceErrors: c.PreventUserExistenceErrors, ReadAttributes: c.ReadAttributes, RefreshTokenRotation: c.RefreshTokenRotation,
		RefreshTokenValidity: c.RefreshTokenValidity, SupportedIdentityProviders: c.SupportedIdentityProviders, WriteAttributes: c.WriteAttributes,
	}
	// An answer has units without a value where none were set.
	if u := c.TokenValidityUnits; u != nil && *u != (types.TokenValidityUnitsType{}) {
		in.TokenValidityUnits = u
	}
	if _, err := d.client.UpdateUserPoolClient(ctx, in); err != nil {
		return fmt.Errorf("change client %s: %w", id, err)
	}
	return nil
}

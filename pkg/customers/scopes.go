package customers

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const (
	// scopeAttempts is how often scopes are added again that somebody else's change has removed.
	scopeAttempts    = 5
	scopeDescription = "Reads what the pattern matches"
	serverName       = "Customers that were added by spillway admin customer"
)

// scopes are those of a resource server, by name; false if there is no such resource server.
func (d *Directory) scopes(ctx context.Context, server string) ([]types.ResourceServerScopeType, bool, error) {
	out, err := d.client.DescribeResourceServer(ctx, &cognito.DescribeResourceServerInput{UserPoolId: &d.c.PoolID, Identifier: &server})
	if hasCode(err, codeNotFound) {
		// Cognito says the same of a pool that is not there: then what comes next says it again.
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("describe resource server %s: %w", server, err)
	}
	return out.ResourceServer.Scopes, true, nil
}

func hasScope(scopes []types.ResourceServerScopeType, name string) bool {
	return slices.ContainsFunc(scopes, func(s types.ResourceServerScopeType) bool { return aws.ToString(s.ScopeName) == name })
}

// ensureScopes adds to the resource server, which is made if there is none, the scopes that patterns lack.
func (d *Directory) ensureScopes(ctx context.Context, patterns []string) error {
	for range scopeAttempts {
		have, exists, err := d.scopes(ctx, d.c.ResourceServer)
		if err != nil {
			return err
		}
		want := slices.Clone(have)
		for _, p := range patterns {
			if !hasScope(have, p) {
				want = append(want, types.ResourceServerScopeType{ScopeName: aws.String(p), ScopeDescription: aws.String(scopeDescription)})
			}
		}
		if len(want) == len(have) {
			return nil
		}
		if len(want) > MaxScopes {
			return &LimitError{"resource server " + d.c.ResourceServer, len(want), MaxScopes}
		}
		if err := d.setScopes(ctx, want, exists); err != nil {
			return err
		}
	}
	return fmt.Errorf("add scopes to resource server %s: others change it all the time", d.c.ResourceServer)
}

// setScopes replaces all scopes. That somebody else was faster is no error: the caller looks again.
func (d *Directory) setScopes(ctx context.Context, scopes []types.ResourceServerScopeType, exists bool) error {
	name := aws.String(serverName)
	if !exists {
		_, err := d.client.CreateResourceServer(ctx, &cognito.CreateResourceServerInput{UserPoolId: &d.c.PoolID, Identifier: &d.c.ResourceServer, Name: name, Scopes: scopes})
		if err == nil {
			return nil
		}
		if _, now, lookErr := d.scopes(ctx, d.c.ResourceServer); lookErr == nil && now {
			return nil // it is there: made by a request whose answer was lost, or by somebody else
		}
		if hasCode(err, codeLimit) {
			return fmt.Errorf("make resource server %s: the pool has as many as its quota allows (25, if it was not raised): %w", d.c.ResourceServer, err)
		}
		return fmt.Errorf("make resource server %s: %w", d.c.ResourceServer, err)
	}
	_, err := d.client.UpdateResourceServer(ctx, &cognito.UpdateResourceServerInput{UserPoolId: &d.c.PoolID, Identifier: &d.c.ResourceServer, Name: name, Scopes: scopes})
	if err != nil && !hasCode(err, codeNotFound, codeConcurrently) {
		return fmt.Errorf("change resource server %s: %w", d.c.ResourceServer, err)
	}
	return nil
}

// prune removes the scopes that no client of the pool has, and the resource server with the last of them. It returns their names.
func (d *Directory) prune(ctx context.Context) ([]string, error) {
	before, exists, err := d.scopes(ctx, d.c.ResourceServer)
	if err != nil || !exists {
		return nil, err
	}
	used := map[string]bool{}
	err = d.each(ctx, func(c Customer) error {
		for _, scope := range c.scopes {
			used[scope] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// Only what was there before the clients were read may go: what somebody else adds meanwhile is about to be used.
	idle := func(s types.ResourceServerScopeType) bool {
		name := aws.ToString(s.ScopeName)
		return hasScope(before, name) && !used[d.prefix()+name]
	}
	now, exists, err := d.scopes(ctx, d.c.ResourceServer)
	if err != nil || !exists {
		return nil, err
	}
	var removed []string
	left := slices.DeleteFunc(slices.Clone(now), func(s types.ResourceServerScopeType) bool {
		if !idle(s) {
			return false
		}
		removed = append(removed, aws.ToString(s.ScopeName))
		return true
	})
	switch {
	case len(left) == 0:
		_, err = d.client.DeleteResourceServer(ctx, &cognito.DeleteResourceServerInput{UserPoolId: &d.c.PoolID, Identifier: &d.c.ResourceServer})
		if hasCode(err, codeNotFound) {
			err = nil
		} else if err != nil {
			err = fmt.Errorf("delete resource server %s: %w", d.c.ResourceServer, err)
		}
	case len(removed) > 0:
		err = d.setScopes(ctx, left, true)
	}
	return removed, err
}

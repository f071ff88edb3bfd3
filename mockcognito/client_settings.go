package mockcognito

import (
	"cmp"
	"slices"
	"time"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// Bounds of a refresh token: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html.
const (
	minRefreshTokenValidity      = 60 * time.Minute
	maxRefreshTokenValidity      = 3650 * 24 * time.Hour
	standardRefreshTokenValidity = 30 // days
)

// clientMembers are the members of CreateUserPoolClient and UpdateUserPoolClient that belong together or mean something
// for tokens.
type clientMembers struct {
	AccessTokenValidity             int64
	IdTokenValidity                 int64
	RefreshTokenValidity            int64
	TokenValidityUnits              struct{ AccessToken, IdToken, RefreshToken string }
	AllowedOAuthFlows               []Flow
	AllowedOAuthScopes              []string
	AllowedOAuthFlowsUserPoolClient bool
	CallbackURLs                    []string
	DefaultRedirectURI              string
	SupportedIdentityProviders      []string
}

// readClientMembers takes settings that satisfy the model, of which every member fits.
func readClientMembers(settings schema.Fields) clientMembers {
	var m clientMembers
	_ = decode(settings, &m)
	return m
}

func (m clientMembers) oauth() oauthSettings {
	return oauthSettings{
		enabled: m.AllowedOAuthFlowsUserPoolClient, flows: m.AllowedOAuthFlows, scopes: unrepeated(m.AllowedOAuthScopes), validity: m.accessValidity(),
	}
}

func (m clientMembers) accessValidity() time.Duration {
	if m.AccessTokenValidity == 0 {
		return DefaultAccessTokenValidity
	}
	return inUnits(m.AccessTokenValidity, cmp.Or(m.TokenValidityUnits.AccessToken, "hours"))
}

// inUnits saturates: what is beyond three centuries is beyond every bound.
func inUnits(n int64, unit string) time.Duration {
	size := map[string]time.Duration{"seconds": time.Second, "minutes": time.Minute, "hours": time.Hour, "days": 24 * time.Hour}[unit]
	return time.Duration(min(n, int64(100_000*24*time.Hour/size))) * size
}

// check makes the checks that are not the model's, for a client that has a secret or none.
func (m clientMembers) check(p *pool, confidential bool) error {
	for _, check := range []func() error{
		func() error { return m.checkFlows(confidential) },
		func() error { return m.checkScopes(p) },
		m.checkValidity,
		func() error { return m.checkProviders(p) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (m clientMembers) checkFlows(confidential bool) error {
	machine := slices.Contains(m.AllowedOAuthFlows, FlowClientCredentials)
	human := slices.Contains(m.AllowedOAuthFlows, FlowCode) || slices.Contains(m.AllowedOAuthFlows, FlowImplicit)
	switch {
	case machine && human:
		return refuse(codeInvalidOAuthFlow, messageFlowAndOthers)
	case machine && !confidential:
		return refuse(codeInvalidOAuthFlow, messageFlowWithoutSecret)
	case human && len(m.CallbackURLs) == 0:
		return refuse(codeInvalidOAuthFlow, messageNoCallback)
	case m.AllowedOAuthFlowsUserPoolClient && (len(m.AllowedOAuthFlows) == 0 || len(m.AllowedOAuthScopes) == 0):
		return invalid(messageOAuthIncomplete)
	case m.DefaultRedirectURI != "" && !slices.Contains(m.CallbackURLs, m.DefaultRedirectURI):
		return invalid("DefaultRedirectURI must be in the CallbackURLs list.")
	default:
		return nil
	}
}

func (m clientMembers) checkScopes(p *pool) error {
	machine := slices.Contains(m.AllowedOAuthFlows, FlowClientCredentials)
	for _, name := range m.AllowedOAuthScopes {
		standard := slices.Contains([]string{"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}, name)
		switch {
		case standard && machine:
			return refuse(codeInvalidOAuthFlow, "%s is not supported with client_credentials flow", name)
		case !standard && !p.hasScope(name):
			return refuse(codeScopeDoesNotExist, "Invalid scope requested: %s", name)
		}
	}
	return nil
}

func (m clientMembers) checkValidity() error {
	units := m.TokenValidityUnits
	id := inUnits(m.IdTokenValidity, cmp.Or(units.IdToken, "hours"))
	refresh := inUnits(m.RefreshTokenValidity, cmp.Or(units.RefreshToken, "days"))
	access := m.accessValidity()
	outside := func(d, low, high time.Duration) bool { return d < low || d > high }
	if outside(access, minAccessTokenValidity, maxAccessTokenValidity) ||
		(m.IdTokenValidity != 0 && outside(id, minAccessTokenValidity, maxAccessTokenValidity)) ||
		(m.RefreshTokenValidity != 0 && outside(refresh, minRefreshTokenValidity, maxRefreshTokenValidity)) {
		return invalid(messageValidity)
	}
	return nil
}

// checkProviders knows no other provider than the pool itself.
func (m clientMembers) checkProviders(p *pool) error {
	for _, name := range m.SupportedIdentityProviders {
		if name != "COGNITO" {
			return invalid("The provider %s does not exist for User Pool %s.", name, p.id)
		}
	}
	return nil
}

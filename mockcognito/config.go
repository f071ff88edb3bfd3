package mockcognito

import (
	"cmp"
	"log/slog"
	"slices"
	"time"
)

// DefaultRegion is the AWS region in generated pool ids when Config.Region is empty.
const DefaultRegion = "us-east-1"

// DefaultAccountID is the AWS account in ARNs when Config.AccountID is empty.
const DefaultAccountID = "000000000000"

// DefaultAccessTokenValidity is how long an access token lives when its client does not say, as in Cognito.
const DefaultAccessTokenValidity = 60 * time.Minute

// Flow is one of the OAuth 2.0 flows that a client may be allowed, spelled as Cognito's AllowedOAuthFlows.
type Flow string

// The flows that Cognito knows. Only [FlowClientCredentials] leads to a token here.
const (
	FlowClientCredentials Flow = "client_credentials"
	FlowCode              Flow = "code"
	FlowImplicit          Flow = "implicit"
)

// Config says what a [Server] serves. Everything has a default.
type Config struct {
	// Region is the prefix of generated pool ids; DefaultRegion if empty.
	Region string
	// AccountID is the AWS account in ARNs, 12 digits; DefaultAccountID if empty.
	AccountID string
	// Pools are the user pools to begin with. The first one also answers at /oauth2/token; if there is none, it is
	// the first that the API makes.
	Pools []Pool
	// Reserved is what the first pool that the API makes gets in place of what would be generated.
	Reserved Reserved
	// StateFile keeps signing keys, generated ids and secrets, and what the API has made from one run to the next. If
	// empty, each New begins anew.
	StateFile string
	// PublicURL is the base of the addresses in openid-configuration, such as http://127.0.0.1:9229. If empty, the
	// request's Host is used.
	PublicURL string
	// Now is the clock that tokens are dated by, until a knob turns it; time.Now if nil.
	Now func() time.Time
	// Logger gets one line for each request, without secrets or tokens; nothing is logged if nil.
	Logger *slog.Logger
}

// withDefaults fills in what is left out, other than what is generated.
func (c Config) withDefaults() Config {
	c.Region = cmp.Or(c.Region, DefaultRegion)
	c.AccountID = cmp.Or(c.AccountID, DefaultAccountID)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Pool is a Cognito user pool: an issuer of tokens with signing keys of its own.
type Pool struct {
	// ID has the form {region}_{letters and digits}; generated if empty.
	ID string
	// Name identifies the pool in the state file, 1 to 128 characters.
	Name string
	// Domain is the pool's domain prefix and the first element of its token endpoint's path. Only the first pool may be
	// without one.
	Domain string
	// Issuer is the tokens' iss claim; https://cognito-idp.{region}.amazonaws.com/{id} if empty.
	Issuer string
	// ResourceServers define the scopes that exist, at most 25.
	ResourceServers []ResourceServer
	// Clients are those that may ask for tokens, at most 1,000.
	Clients []Client
}

// ResourceServer is a named set of scopes. A scope is written identifier/name in clients, requests and tokens.
type ResourceServer struct {
	// Identifier is printable ASCII without blank, quote and backslash, at most 256 characters.
	Identifier string
	// Name is for people; the identifier if empty.
	Name string
	// Scopes are at most 100 names: printable ASCII without blank, quote, slash and backslash.
	Scopes []string
}

// Client is an app client with a secret.
type Client struct {
	// Name identifies the client in the state file, 1 to 128 characters, unique in its pool.
	Name string
	// ID is unique over all pools; 26 lower-case letters and digits are generated if empty.
	ID string
	// Secret has 24 to 64 letters, digits, underscores and plus signs; 52 characters are generated if empty.
	Secret string
	// Scopes are 1 to 50 scopes of the pool's resource servers, each as identifier/name.
	Scopes []string
	// AccessTokenValidity is between 5 minutes and 24 hours, in whole seconds; DefaultAccessTokenValidity if zero.
	AccessTokenValidity time.Duration
	// AllowedOAuthFlows is FlowClientCredentials alone, which is the default, or others without it.
	AllowedOAuthFlows []Flow
}

// Reserved are ids and secrets that are known before the API makes what has them, so that one stack after the other has the
// same ones. Each is given once, and again when what had it has been deleted.
type Reserved struct {
	// PoolID is the id of the first pool; generated if empty.
	PoolID string
	// Clients are the pool's clients by their names: ID and Secret are all that counts of them. A secret is for a client that is made
	// with one that Cognito generates.
	Clients []Client
}

// client finds what is reserved for a client of a pool.
func (r Reserved) client(poolID, name string) (Client, bool) {
	if r.PoolID == "" || poolID != r.PoolID {
		return Client{}, false
	}
	i := slices.IndexFunc(r.Clients, func(c Client) bool { return c.Name == name })
	if i < 0 {
		return Client{}, false
	}
	return r.Clients[i], true
}

// clone copies everything, so that caller and server share no slice.
func (p Pool) clone() Pool {
	p.ResourceServers = slices.Clone(p.ResourceServers)
	for i := range p.ResourceServers {
		p.ResourceServers[i].Scopes = slices.Clone(p.ResourceServers[i].Scopes)
	}
	p.Clients = slices.Clone(p.Clients)
	for i := range p.Clients {
		p.Clients[i] = p.Clients[i].clone()
	}
	return p
}

func (c Client) clone() Client {
	c.Scopes = slices.Clone(c.Scopes)
	c.AllowedOAuthFlows = slices.Clone(c.AllowedOAuthFlows)
	return c
}

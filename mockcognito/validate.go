package mockcognito

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Cognito's default quotas and the API model's lengths. The number of pools is this server's own bound: each pool
// costs two RSA keys.
const (
	maxPools               = 20
	maxResourceServers     = 25
	maxScopesOfServer      = 100
	maxClients             = 1000
	maxScopesOfClient      = 50
	maxSecrets             = 2
	maxScope               = 256
	minAccessTokenValidity = 5 * time.Minute
	maxAccessTokenValidity = 24 * time.Hour
)

// maxURL bounds the URLs of a configuration; an issuer is repeated in every token.
const maxURL = 512

// rule is what a text must be: its bounds in bytes, its alphabet and how to say the alphabet in words.
type rule struct {
	min, max int
	pattern  *regexp.Regexp
	words    string
}

// rules are compiled once for each validation, which happens at start only, so no package variable is needed.
type rules struct {
	region, account, poolID, name, serverName, domain, identifier, scopeName, clientID, secret rule
}

func newRules() rules {
	const word = "letters, digits, _ and +"
	compile := regexp.MustCompile
	return rules{
		region:     rule{1, 32, compile(`^[a-z]{2,4}(?:-[a-z]{2,16}){1,2}-[0-9]{1,2}$`), "an AWS region such as us-east-1"},
		account:    rule{12, 12, compile(`^[0-9]+$`), "12 digits"},
		poolID:     rule{1, 55, compile(`^[\w-]+_[0-9a-zA-Z]+$`), "{region}_{letters and digits}"},
		name:       rule{1, 128, compile(`^[\w\s+=,.@-]+$`), "letters, digits, blanks and _+=,.@-"},
		serverName: rule{1, 256, compile(`^[\w\s+=,.@-]+$`), "letters, digits, blanks and _+=,.@-"},
		domain:     rule{1, 63, compile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`), "lower-case letters, digits and inner hyphens"},
		identifier: rule{1, 256, compile(`^[\x21\x23-\x5B\x5D-\x7E]+$`), "printable ASCII without blank, \" and \\"},
		scopeName:  rule{1, maxScope, compile(`^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+$`), "printable ASCII without blank, \", / and \\"},
		clientID:   rule{1, 128, compile(`^[\w+]+$`), word},
		secret:     rule{24, 64, compile(`^[\w+]+$`), word},
	}
}

// validator walks a configuration and remembers what it has seen and every mistake.
type validator struct {
	problems
	rules     rules
	poolIDs   map[string]string
	poolNames map[string]string
	domains   map[string]string
	clientIDs map[string]string
}

func newValidator() *validator {
	return &validator{
		rules:     newRules(),
		poolIDs:   map[string]string{},
		poolNames: map[string]string{},
		domains:   map[string]string{},
		clientIDs: map[string]string{},
	}
}

// validate reports every mistake in cfg at once, as a [ConfigError].
func validate(cfg Config) error {
	v := newValidator()
	v.config(cfg)
	return v.err()
}

func (v *validator) config(cfg Config) {
	if cfg.Region != "" {
		v.text("region", cfg.Region, v.rules.region)
	}
	if cfg.PublicURL != "" {
		v.url("public_url", cfg.PublicURL)
	}
	if cfg.AccountID != "" {
		v.text("account_id", cfg.AccountID, v.rules.account)
	}
	v.atMost("pools", len(cfg.Pools), maxPools)
	for i, p := range cfg.Pools {
		v.pool(fmt.Sprintf("pools[%d]", i), p)
		if i > 0 && p.Domain == "" {
			v.add(fmt.Sprintf("pools[%d].domain", i), "is required: only the first pool is reachable without one")
		}
	}
	v.reserved(cfg.Reserved)
}

func (v *validator) reserved(r Reserved) {
	if r.PoolID != "" {
		v.text("reserved.pool_id", r.PoolID, v.rules.poolID)
		v.unique("reserved.pool_id", r.PoolID, v.poolIDs)
	}
	v.atMost("reserved.clients", len(r.Clients), maxClients)
	names := map[string]string{}
	for i, c := range r.Clients {
		at := fmt.Sprintf("reserved.clients[%d]", i)
		v.text(at+".name", c.Name, v.rules.name)
		v.unique(at+".name", c.Name, names)
		v.text(at+".id", c.ID, v.rules.clientID)
		v.unique(at+".id", c.ID, v.clientIDs)
		v.secret(at+".secret", c.Secret)
	}
}

func (v *validator) pool(path string, p Pool) {
	v.text(path+".name", p.Name, v.rules.name)
	v.unique(path+".name", p.Name, v.poolNames)
	if p.ID != "" {
		v.text(path+".id", p.ID, v.rules.poolID)
		v.unique(path+".id", p.ID, v.poolIDs)
	}
	if p.Domain != "" {
		v.domain(path+".domain", p.Domain)
	}
	if p.Issuer != "" {
		v.url(path+".issuer", p.Issuer)
	}
	scopes := v.resourceServers(path+".resource_servers", p.ResourceServers)
	v.atMost(path+".clients", len(p.Clients), maxClients)
	names := map[string]string{}
	for i, c := range p.Clients {
		at := fmt.Sprintf("%s.clients[%d]", path, i)
		v.client(at, c, scopes)
		v.unique(at+".name", c.Name, names)
	}
}

func (v *validator) domain(path, domain string) {
	v.text(path, domain, v.rules.domain)
	v.unique(path, domain, v.domains)
	for _, word := range reservedWords() {
		if strings.Contains(domain, word) {
			v.add(path, "must not contain %q, which Cognito reserves", word)
		}
	}
}

// reservedWords may not be in a prefix domain.
func reservedWords() []string { return []string{"aws", "amazon", "cognito"} }

// resourceServers returns the full names of all scopes that the servers define.
func (v *validator) resourceServers(path string, servers []ResourceServer) map[string]bool {
	v.atMost(path, len(servers), maxResourceServers)
	scopes, identifiers := map[string]bool{}, map[string]string{}
	for i, s := range servers {
		at := fmt.Sprintf("%s[%d]", path, i)
		v.text(at+".identifier", s.Identifier, v.rules.identifier)
		v.unique(at+".identifier", s.Identifier, identifiers)
		if s.Name != "" {
			v.text(at+".name", s.Name, v.rules.serverName)
		}
		v.atMost(at+".scopes", len(s.Scopes), maxScopesOfServer)
		seen := map[string]string{}
		for j, name := range s.Scopes {
			in := fmt.Sprintf("%s.scopes[%d]", at, j)
			v.text(in, name, v.rules.scopeName)
			v.unique(in, name, seen)
			scopes[s.Identifier+"/"+name] = true
		}
	}
	return scopes
}

func (v *validator) client(path string, c Client, known map[string]bool) {
	v.text(path+".name", c.Name, v.rules.name)
	if c.ID != "" {
		v.text(path+".id", c.ID, v.rules.clientID)
		v.unique(path+".id", c.ID, v.clientIDs)
	}
	if c.Secret != "" {
		v.secret(path+".secret", c.Secret)
	}
	v.validity(path+".access_token_validity", c.AccessTokenValidity)
	v.flows(path+".allowed_oauth_flows", c.AllowedOAuthFlows)
	v.clientScopes(path+".scopes", c.Scopes, known)
}

func (v *validator) clientScopes(path string, scopes []string, known map[string]bool) {
	if len(scopes) == 0 {
		v.add(path, "at least one is required")
	}
	v.atMost(path, len(scopes), maxScopesOfClient)
	seen := map[string]string{}
	for i, scope := range scopes {
		at := fmt.Sprintf("%s[%d]", path, i)
		v.unique(at, scope, seen)
		if len(scope) > maxScope {
			v.add(at, "is longer than %d characters with its identifier", maxScope)
		}
		if !known[scope] {
			v.add(at, "%s is not the identifier/name of a scope of this pool's resource servers", clip(scope))
		}
	}
}

// secret says the rule but never the value, not even a piece of it.
func (v *validator) secret(path, secret string) {
	r := v.rules.secret
	if len(secret) < r.min || len(secret) > r.max || !r.pattern.MatchString(secret) {
		v.add(path, "must have %d to %d characters of: %s", r.min, r.max, r.words)
	}
}

func (v *validator) validity(path string, d time.Duration) {
	if d == 0 {
		return
	}
	if d < minAccessTokenValidity || d > maxAccessTokenValidity || d%time.Second != 0 {
		v.add(path, "%s is not a whole number of seconds between 5m and 24h", d)
	}
}

func (v *validator) flows(path string, flows []Flow) {
	for i, f := range flows {
		if f != FlowClientCredentials && f != FlowCode && f != FlowImplicit {
			v.add(fmt.Sprintf("%s[%d]", path, i), "%s is not one of client_credentials, code, implicit", clip(string(f)))
		}
	}
	if len(flows) > 1 && slices.Contains(flows, FlowClientCredentials) {
		v.add(path, "must be client_credentials alone, or code and implicit")
	}
}

func (v *validator) url(path, raw string) {
	u, err := url.Parse(raw)
	plain := err == nil && u.RawQuery == "" && u.Fragment == "" && u.User == nil && !strings.HasSuffix(raw, "/")
	if !plain || len(raw) > maxURL || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		v.add(path, "must be an http or https URL of at most %d characters without user, query, fragment and final slash", maxURL)
	}
}

func (v *validator) text(path, s string, r rule) {
	switch {
	case s == "":
		v.add(path, "is required")
	case len(s) < r.min || len(s) > r.max:
		v.add(path, "must have %d to %d characters, has %d", r.min, r.max, len(s))
	case !r.pattern.MatchString(s):
		v.add(path, "%s must be %s", clip(s), r.words)
	}
}

func (v *validator) unique(path, s string, seen map[string]string) {
	if s == "" {
		return
	}
	if first, ok := seen[s]; ok {
		v.add(path, "%s is already used at %s", clip(s), first)
		return
	}
	seen[s] = path
}

func (v *validator) atMost(path string, n, limit int) {
	if n > limit {
		v.add(path, "at most %d are allowed, there are %d", limit, n)
	}
}

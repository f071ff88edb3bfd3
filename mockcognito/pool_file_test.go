package mockcognito

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const wholePoolFile = `# every key there is
region: eu-central-1
pools:
  - id: us-east-1_Local0001
    name: weather
    domain: spillway
    issuer: http://127.0.0.1:9229/pool
    resource_servers:
      - identifier: spillway
        name: Spillway events
        scopes: [weather.us.ny, "weather.us.>", "*"]
    clients:
      - name: news
        id: 1example23456789
        secret: 9example87654321+secret_
        scopes: [spillway/weather.us.ny]
        access_token_validity: 90m
        allowed_oauth_flows: [client_credentials]
      - name: "2026"
        id: 12345678901234567890123456
        scopes: ["spillway/*"]
`

func TestParseConfig(t *testing.T) {
	t.Parallel()
	got, err := ParseConfig([]byte(wholePoolFile))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Region: "eu-central-1",
		Pools: []Pool{{
			ID: "us-east-1_Local0001", Name: "weather", Domain: "spillway", Issuer: "http://127.0.0.1:9229/pool",
			ResourceServers: []ResourceServer{{
				Identifier: "spillway", Name: "Spillway events", Scopes: []string{"weather.us.ny", "weather.us.>", "*"},
			}},
			Clients: []Client{
				{
					Name: "news", ID: "1example23456789", Secret: "9example87654321+secret_",
					Scopes: []string{"spillway/weather.us.ny"}, AccessTokenValidity: 90 * time.Minute,
					AllowedOAuthFlows: []Flow{FlowClientCredentials},
				},
				{Name: "2026", ID: "12345678901234567890123456", Scopes: []string{"spillway/*"}},
			},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ParseConfig (-want +got):\n%s", diff)
	}
}

// poolFileWith puts lines into a file that is right without them.
func poolFileWith(pool, server, client string) string {
	return fmt.Sprintf(`pools:
  - name: weather
%s
    resource_servers:
      - identifier: s
        scopes: [a, b]
%s
    clients:
      - name: news
        scopes: [s/a]
%s
`, pool, server, client)
}

func TestParseConfigMistakes(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 23)
	tests := map[string]struct {
		file string
		want []string
	}{
		"no pools":          {"region: us-east-1\n", []string{"pools: at least one is required"}},
		"pools no list":     {"pools: 3\n", []string{"pools: line 1: must be a list"}},
		"no mapping":        {"- a\n", []string{"top level: line 1: must be a mapping", "pools: at least one is required"}},
		"region":            {"region: nowhere\n" + poolFileWith("", "", ""), []string{`region: "nowhere" must be an AWS region such as us-east-1`}},
		"unknown top key":   {"pool: 1\n" + poolFileWith("", "", ""), []string{`top level: line 1: unknown key "pool"`}},
		"unknown keys":      {poolFileWith("    colour: red", "        colour: red", "        colour: red"), []string{`pools[0]: line 3: unknown key "colour"`, `pools[0].resource_servers[0]: line 7: unknown key "colour"`, `pools[0].clients[0]: line 11: unknown key "colour"`}},
		"key twice":         {poolFileWith("    name: again", "", ""), []string{"pools[0].name: line 3: is given twice"}},
		"merge key":         {poolFileWith("    <<: {id: us-east-1_a}", "", ""), []string{`pools[0]: line 3: unknown key "<<"`}},
		"alias":             {poolFileWith("    id: &a us-east-1_a\n    domain: *a", "", ""), []string{"pools[0].domain: line 4: must be a text"}},
		"empty value":       {poolFileWith("    id:", "", ""), []string{"pools[0].id: line 3: must not be empty"}},
		"pool id":           {poolFileWith("    id: us-east-1", "", ""), []string{`pools[0].id: "us-east-1" must be {region}_{letters and digits}`}},
		"domain":            {poolFileWith("    domain: -x", "", ""), []string{`pools[0].domain: "-x" must be lower-case letters, digits and inner hyphens`}},
		"reserved domain":   {poolFileWith("    domain: my-cognito", "", ""), []string{`pools[0].domain: must not contain "cognito", which Cognito reserves`}},
		"issuer":            {poolFileWith("    issuer: https://example.com/", "", ""), []string{"pools[0].issuer: must be an http or https URL of at most 512 characters without user, query, fragment and final slash"}},
		"server name":       {poolFileWith("", "        name: a/b", ""), []string{`pools[0].resource_servers[0].name: "a/b" must be letters, digits, blanks and _+=,.@-`}},
		"client name":       {poolFileWith("", "", "      - name: news\n        scopes: [s/a]"), []string{`pools[0].clients[1].name: "news" is already used at pools[0].clients[0].name`}},
		"client id":         {poolFileWith("", "", "        id: a-b"), []string{`pools[0].clients[0].id: "a-b" must be letters, digits, _ and +`}},
		"secret, not shown": {poolFileWith("", "", "        secret: "+secret), []string{"pools[0].clients[0].secret: must have 24 to 64 characters of: letters, digits, _ and +"}},
		"no duration":       {poolFileWith("", "", "        access_token_validity: 3600"), []string{`pools[0].clients[0].access_token_validity: line 11: "3600" is not a duration such as 60m or 24h`}},
		"too short":         {poolFileWith("", "", "        access_token_validity: 4m59s"), []string{"pools[0].clients[0].access_token_validity: 4m59s is not a whole number of seconds between 5m and 24h"}},
		"too long":          {poolFileWith("", "", "        access_token_validity: 24h1s"), []string{"pools[0].clients[0].access_token_validity: 24h0m1s is not a whole number of seconds between 5m and 24h"}},
		"flow":              {poolFileWith("", "", "        allowed_oauth_flows: [password]"), []string{`pools[0].clients[0].allowed_oauth_flows[0]: "password" is not one of client_credentials, code, implicit`}},
		"flows":             {poolFileWith("", "", "        allowed_oauth_flows: [client_credentials, code]"), []string{"pools[0].clients[0].allowed_oauth_flows: must be client_credentials alone, or code and implicit"}},
		"second pool":       {poolFileWith("", "", "") + "  - name: weather\n", []string{`pools[1].name: "weather" is already used at pools[0].name`, "pools[1].domain: is required: only the first pool is reachable without one"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseConfig([]byte(test.file))
			var mistakes *ConfigError
			if !errors.As(err, &mistakes) {
				t.Fatalf("ParseConfig: %v", err)
			}
			if diff := cmp.Diff(test.want, mistakes.Problems); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), secret) {
				t.Error("the error repeats the secret")
			}
		})
	}
}

func TestParseConfigRefusesWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ file, want string }{
		"nothing":       {"", "it is empty"},
		"two documents": {wholePoolFile + "---\na: 1\n", "something follows"},
		"no YAML":       {"pools: [", "not one YAML document"},
		"bad tail":      {wholePoolFile + "...\n}", "something follows"},
		"too large":     {"# " + strings.Repeat("x", maxPoolFile), "larger than"},
		"deep":          {strings.Repeat("[", 100_000), "not one YAML document"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := ParseConfig([]byte(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("ParseConfig: %v, want %q", err, test.want)
			}
		})
	}
}

func TestValidateScopes(t *testing.T) {
	t.Parallel()
	scopes := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("s%d", i)
		}
		return list
	}
	full := func(names []string) []string {
		list := make([]string, len(names))
		for i, name := range names {
			list[i] = "s/" + name
		}
		return list
	}
	tests := map[string]struct {
		servers []ResourceServer
		client  []string
		want    []string
	}{
		"most allowed":   {[]ResourceServer{{Identifier: "s", Scopes: scopes(100)}}, full(scopes(50)), nil},
		"punctuation":    {[]ResourceServer{{Identifier: "s", Scopes: []string{"a.*>!#$'()[]^`{|}~"}}}, []string{"s/a.*>!#$'()[]^`{|}~"}, nil},
		"101 of server":  {[]ResourceServer{{Identifier: "s", Scopes: scopes(101)}}, []string{"s/s0"}, []string{"pools[0].resource_servers[0].scopes: at most 100 are allowed, there are 101"}},
		"51 of client":   {[]ResourceServer{{Identifier: "s", Scopes: scopes(51)}}, full(scopes(51)), []string{"pools[0].clients[0].scopes: at most 50 are allowed, there are 51"}},
		"no scope":       {nil, nil, []string{"pools[0].clients[0].scopes: at least one is required"}},
		"blank":          {[]ResourceServer{{Identifier: "s", Scopes: []string{"a b"}}}, []string{"s/a b"}, []string{`pools[0].resource_servers[0].scopes[0]: "a b" must be printable ASCII without blank, ", / and \`}},
		"slash":          {[]ResourceServer{{Identifier: "s", Scopes: []string{"a/b"}}}, []string{"s/a/b"}, []string{`pools[0].resource_servers[0].scopes[0]: "a/b" must be printable ASCII without blank, ", / and \`}},
		"scope twice":    {[]ResourceServer{{Identifier: "s", Scopes: []string{"a", "a"}}}, []string{"s/a", "s/a"}, []string{`pools[0].resource_servers[0].scopes[1]: "a" is already used at pools[0].resource_servers[0].scopes[0]`, `pools[0].clients[0].scopes[1]: "s/a" is already used at pools[0].clients[0].scopes[0]`}},
		"openid":         {nil, []string{"openid"}, []string{`pools[0].clients[0].scopes[0]: "openid" is not the identifier/name of a scope of this pool's resource servers`}},
		"identifier":     {[]ResourceServer{{Identifier: `a"b`, Scopes: []string{"a"}}}, []string{`a"b/a`}, []string{`pools[0].resource_servers[0].identifier: "a\"b" must be printable ASCII without blank, " and \`}},
		"no identifier":  {[]ResourceServer{{Scopes: []string{"a"}}}, []string{"/a"}, []string{"pools[0].resource_servers[0].identifier: is required"}},
		"scope too long": {[]ResourceServer{{Identifier: "s", Scopes: []string{strings.Repeat("a", 256)}}}, []string{"s/" + strings.Repeat("a", 256)}, []string{"pools[0].clients[0].scopes[0]: is longer than 256 characters with its identifier"}},
		"26 servers":     {manyServers(26), []string{"s0/a"}, []string{"pools[0].resource_servers: at most 25 are allowed, there are 26"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := validate(Config{Pools: []Pool{{
				Name: "p", ResourceServers: test.servers, Clients: []Client{{Name: "c", Scopes: test.client}},
			}}})
			var got []string
			var mistakes *ConfigError
			if errors.As(err, &mistakes) {
				got = mistakes.Problems
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
		})
	}
}

func manyServers(n int) []ResourceServer {
	list := make([]ResourceServer, n)
	for i := range list {
		list[i] = ResourceServer{Identifier: fmt.Sprintf("s%d", i), Scopes: []string{"a"}}
	}
	return list
}

func TestConfigErrorIsBounded(t *testing.T) {
	t.Parallel()
	err := validate(Config{Pools: []Pool{{Name: "p", ResourceServers: make([]ResourceServer, 25), Clients: make([]Client, 100)}}})
	var mistakes *ConfigError
	if !errors.As(err, &mistakes) || len(mistakes.Problems) != 50 || mistakes.Omitted == 0 {
		t.Fatalf("validate: %v", err)
	}
	if !strings.Contains(err.Error(), fmt.Sprintf("and %d more", mistakes.Omitted)) {
		t.Errorf("error does not tell of the rest: %s", err)
	}
}

func TestLoadConfig(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pools.yaml")
	if err := os.WriteFile(path, []byte(wholePoolFile), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadConfig(path); err != nil {
		t.Error(err)
	}
	if _, err := LoadConfig(path + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte("pools: []"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadConfig(path); err == nil || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("error does not name the file: %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, seed := range []string{wholePoolFile, poolFileWith("", "", ""), "", "pools: [", "- &a [*a]", "? {a: b}\n: c", "pools: [{name: !!binary aa}]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := ParseConfig(data)
		if err == nil && validate(cfg) != nil {
			t.Errorf("ParseConfig accepts what validate refuses: %v", validate(cfg))
		}
		if err != nil && len(cfg.Pools) != 0 {
			t.Error("a refused file has given pools")
		}
	})
}

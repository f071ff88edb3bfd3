package mockcognito

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.yaml.in/yaml/v4"
)

// maxPoolFile bounds the configuration file: 20 pools with a thousand clients each do not need more.
const maxPoolFile = 8 << 20

// LoadConfig reads the YAML file at path, see [ParseConfig].
func LoadConfig(path string) (Config, error) {
	data, err := readBounded(path, maxPoolFile)
	if err != nil {
		return Config{}, fmt.Errorf("read pool configuration: %w", err)
	}
	cfg, err := ParseConfig(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return cfg, nil
}

// ParseConfig decodes a configuration in YAML, in the form that the package documentation shows, and checks it.
// Unknown keys, anchors and a second document are refused; a [ConfigError] lists every mistake. The Config it returns
// has Region, Pools and Reserved set.
func ParseConfig(data []byte) (Config, error) {
	if len(data) > maxPoolFile {
		return Config{}, fmt.Errorf("pool configuration is larger than %d bytes", maxPoolFile)
	}
	root, err := parseDocument(data)
	if err != nil {
		return Config{}, fmt.Errorf("pool configuration is not one YAML document: %w", err)
	}
	d := &fileDecoder{}
	cfg := d.config(root)
	v := newValidator()
	v.problems = d.continued()
	v.config(cfg)
	if len(cfg.Pools) == 0 && cfg.Reserved.PoolID == "" {
		v.add("pools", "at least one is required")
	}
	if err := v.err(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

func parseDocument(data []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var root, second yaml.Node
	if err := loader.Load(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it is empty")
		}
		return nil, err
	}
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the first document")
	}
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		return root.Content[0], nil
	}
	return &root, nil
}

// fileDecoder turns YAML nodes into a Config. It walks the nodes itself because every mistake is to be told with its
// path, unknown keys too.
type fileDecoder struct{ problems }

// fields says which keys a mapping may have and what to do with each value.
type fields map[string]func(path string, n *yaml.Node)

func (d *fileDecoder) config(n *yaml.Node) Config {
	var cfg Config
	d.mapping("", n, fields{
		"region": d.text(&cfg.Region),
		"pools": d.list(func(path string, n *yaml.Node) {
			cfg.Pools = append(cfg.Pools, d.pool(path, n))
		}),
		"reserved": func(path string, n *yaml.Node) { cfg.Reserved = d.reserved(path, n) },
	})
	return cfg
}

func (d *fileDecoder) reserved(path string, n *yaml.Node) Reserved {
	var r Reserved
	d.mapping(path, n, fields{
		"pool_id": d.text(&r.PoolID),
		"clients": d.list(func(path string, n *yaml.Node) {
			var c Client
			d.mapping(path, n, fields{"name": d.text(&c.Name), "id": d.text(&c.ID), "secret": d.text(&c.Secret)})
			r.Clients = append(r.Clients, c)
		}),
	})
	return r
}

func (d *fileDecoder) pool(path string, n *yaml.Node) Pool {
	var p Pool
	d.mapping(path, n, fields{
		"id":     d.text(&p.ID),
		"name":   d.text(&p.Name),
		"domain": d.text(&p.Domain),
		"issuer": d.text(&p.Issuer),
		"resource_servers": d.list(func(path string, n *yaml.Node) {
			p.ResourceServers = append(p.ResourceServers, d.resourceServer(path, n))
		}),
		"clients": d.list(func(path string, n *yaml.Node) {
			p.Clients = append(p.Clients, d.client(path, n))
		}),
	})
	return p
}

func (d *fileDecoder) resourceServer(path string, n *yaml.Node) ResourceServer {
	var s ResourceServer
	d.mapping(path, n, fields{
		"identifier": d.text(&s.Identifier),
		"name":       d.text(&s.Name),
		"scopes":     d.texts(&s.Scopes),
	})
	return s
}

func (d *fileDecoder) client(path string, n *yaml.Node) Client {
	var c Client
	var flows []string
	d.mapping(path, n, fields{
		"name":                  d.text(&c.Name),
		"id":                    d.text(&c.ID),
		"secret":                d.text(&c.Secret),
		"scopes":                d.texts(&c.Scopes),
		"access_token_validity": d.duration(&c.AccessTokenValidity),
		"allowed_oauth_flows":   d.texts(&flows),
	})
	for _, f := range flows {
		c.AllowedOAuthFlows = append(c.AllowedOAuthFlows, Flow(f))
	}
	return c
}

func (d *fileDecoder) mapping(path string, n *yaml.Node, known fields) {
	if n.Kind != yaml.MappingNode {
		d.add(orRoot(path), "line %d: must be a mapping", n.Line)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		read, ok := known[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || !ok:
			d.add(orRoot(path), "line %d: unknown key %s", key.Line, clip(key.Value))
		case seen[key.Value]:
			d.add(at, "line %d: is given twice", key.Line)
		default:
			seen[key.Value] = true
			read(at, value)
		}
	}
}

func (d *fileDecoder) list(each func(path string, n *yaml.Node)) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			d.add(path, "line %d: must be a list", n.Line)
			return
		}
		for i, item := range n.Content {
			each(fmt.Sprintf("%s[%d]", path, i), item)
		}
	}
}

func (d *fileDecoder) texts(to *[]string) func(string, *yaml.Node) {
	return d.list(func(path string, n *yaml.Node) {
		var s string
		d.text(&s)(path, n)
		*to = append(*to, s)
	})
}

// text takes any scalar as it is written, so that an id of digits needs no quotes. An empty value is a mistake: who
// wants the default leaves the key out.
func (d *fileDecoder) text(to *string) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode {
			d.add(path, "line %d: must be a text", n.Line)
			return
		}
		if n.Value == "" || n.Tag == "!!null" {
			d.add(path, "line %d: must not be empty", n.Line)
			return
		}
		*to = n.Value
	}
}

func (d *fileDecoder) duration(to *time.Duration) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		var s string
		d.text(&s)(path, n)
		if s == "" {
			return
		}
		v, err := time.ParseDuration(s)
		if err != nil || v <= 0 {
			d.add(path, "line %d: %s is not a duration such as 60m or 24h", n.Line, clip(s))
			return
		}
		*to = v
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func orRoot(path string) string {
	if path == "" {
		return "top level"
	}
	return path
}

// readBounded reads a whole file that may have at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}

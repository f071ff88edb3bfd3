package policy

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/spillway/spillway/pkg/topic"
)

const (
	// maxClientIDBytes is how long client ids can be in Cognito.
	maxClientIDBytes = 128
	// maxTold is how many mistakes are told of a file that is wrong throughout.
	maxTold = 20
	// maxQuoted is how much of a mistaken text is repeated.
	maxQuoted = 64
)

// mistakes are all that is wrong with a file.
type mistakes []string

func (m mistakes) Error() string {
	if more := len(m) - maxTold; more > 0 {
		return fmt.Sprintf("%s; and %d more", strings.Join(m[:maxTold], "; "), more)
	}
	return strings.Join(m, "; ")
}

// decoder makes a policy of YAML nodes. It walks them itself, because every mistake is
// to be told with its path.
type decoder struct {
	mistakes
	check    Check
	attached map[attached]string // and where
	sound    []placed
}

// placed is an attachment without a mistake, and where it is.
type placed struct {
	attachment
	path string
	node *yaml.Node
}

// attached is a filter of one client's grant.
type attached struct {
	client, filter string
	pattern        topic.Pattern
}

// fields says what to do with the value of each key of a mapping.
type fields map[string]func(path string, n *yaml.Node)

func (d *decoder) policy(n *yaml.Node) *Policy {
	var p Policy
	d.mapping("", n, fields{
		"allow": func(path string, n *yaml.Node) { p.limited, p.allow = true, set(d.clients(path, n)) },
		"deny":  func(path string, n *yaml.Node) { p.deny = set(d.clients(path, n)) },
		"filters": func(path string, n *yaml.Node) {
			d.list(path, n, func(path string, n *yaml.Node) { p.filters = append(p.filters, d.attachment(path, n)) })
			d.together()
		},
	})
	return &p
}

func set(clients []string) map[string]bool {
	m := make(map[string]bool, len(clients))
	for _, c := range clients {
		m[c] = true
	}
	return m
}

func (d *decoder) attachment(path string, n *yaml.Node) attachment {
	var a attachment
	before := len(d.mistakes)
	found := d.mapping(path, n, fields{
		"clients": func(path string, n *yaml.Node) {
			if a.clients = d.clients(path, n); n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				d.add(path, n, "must not be empty: leave it out for every client")
			}
		},
		"pattern": func(path string, n *yaml.Node) { a.pattern = d.pattern(path, n) },
		"filter":  func(path string, n *yaml.Node) { a.filter = d.filter(path, n) },
	})
	for _, key := range []string{"pattern", "filter"} {
		if n.Kind == yaml.MappingNode && !found[key] {
			d.add(join(path, key), n, "is required")
		}
	}
	if len(d.mistakes) == before {
		d.once(path, n, a)
		d.sound = append(d.sound, placed{a, path, n})
	}
	return a
}

// once tells of a filter that a client's grant has already.
func (d *decoder) once(path string, n *yaml.Node, a attachment) {
	clients := a.clients
	if len(clients) == 0 {
		clients = []string{""}
	}
	for _, c := range clients {
		key := attached{c, a.filter, a.pattern}
		if first, ok := d.attached[key]; ok {
			d.add(path, n, "says again what %s says", first)
			return
		}
		d.attached[key] = path
	}
}

func (d *decoder) clients(path string, n *yaml.Node) []string {
	var ids []string
	seen := map[string]string{}
	d.list(path, n, func(path string, n *yaml.Node) {
		id, ok := d.text(path, n)
		first, twice := seen[id]
		switch {
		case !ok:
		case twice:
			d.add(path, n, "%s is at %s already", quote(id), first)
		case len(id) > maxClientIDBytes || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }):
			d.add(path, n, "%s is no client id: want up to %d bytes of printable ASCII without blanks", quote(id), maxClientIDBytes)
		default:
			seen[id] = path
			ids = append(ids, id)
		}
	})
	return ids
}

func (d *decoder) pattern(path string, n *yaml.Node) topic.Pattern {
	text, ok := d.text(path, n)
	if !ok {
		return topic.Pattern{}
	}
	p, err := topic.Parse(text)
	if err != nil {
		d.add(path, n, "%v", err)
	}
	return p
}

func (d *decoder) filter(path string, n *yaml.Node) string {
	text, ok := d.text(path, n)
	if !ok || d.check == nil {
		return text
	}
	if err := d.check([]string{text}); err != nil {
		d.add(path, n, "%v", err)
	}
	return text
}

// mapping reads the values of a mapping, and returns which keys it has.
func (d *decoder) mapping(path string, n *yaml.Node, known fields) map[string]bool {
	found := map[string]bool{}
	if n.Kind != yaml.MappingNode {
		d.add(path, n, "must be a mapping")
		return found
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, ok := known[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || !ok:
			d.add(path, key, "unknown key %s", quote(key.Value))
		case found[key.Value]:
			d.add(join(path, key.Value), key, "is there twice")
		default:
			found[key.Value] = true
			read(join(path, key.Value), value)
		}
	}
	return found
}

func (d *decoder) list(path string, n *yaml.Node, each func(path string, n *yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		d.add(path, n, "must be a list")
		return
	}
	for i, item := range n.Content {
		each(fmt.Sprintf("%s[%d]", path, i), item)
	}
}

// text takes any scalar as it is written, so that an id of digits needs no quotes.
func (d *decoder) text(path string, n *yaml.Node) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		d.add(path, n, "must be a text")
	case strings.TrimSpace(n.Value) == "" || n.Tag == "!!null":
		d.add(path, n, "must not be empty (> and * need quotes)")
	default:
		return n.Value, true
	}
	return "", false
}

func (d *decoder) add(path string, n *yaml.Node, format string, args ...any) {
	if path == "" {
		path = "top level"
	}
	d.mistakes = append(d.mistakes, fmt.Sprintf("%s (line %d): ", path, n.Line)+fmt.Sprintf(format, args...))
}

func join(path, key string) string {
	return strings.Join(slices.DeleteFunc([]string{path, key}, func(s string) bool { return s == "" }), ".")
}

func quote(s string) string {
	if len(s) > maxQuoted {
		return fmt.Sprintf("%q...", s[:maxQuoted])
	}
	return fmt.Sprintf("%q", s)
}

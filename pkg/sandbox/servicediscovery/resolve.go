package servicediscovery

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// hostName is a text that may be the name of a service: two labels at least.
var hostName = regexp.MustCompile(`[a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_-]+)+`)

// Resolve returns a text in which the names of services have given way to the addresses that stand for them.
func (e *Emulator) Resolve(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return hostName.ReplaceAllStringFunc(text, func(name string) string {
		for _, s := range e.services {
			if s.host == strings.ToLower(name) {
				return s.address
			}
		}
		return name
	})
}

// Host is a name and the address that stands for it.
type Host struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Hosts lists the names of all services.
func (e *Emulator) Hosts() []Host {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []Host
	for _, s := range e.services {
		all = append(all, Host{s.host, s.address})
	}
	slices.SortFunc(all, func(a, b Host) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

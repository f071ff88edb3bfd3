package cloudformation

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// event is one entry of a stack's history.
type event struct {
	id                                         string
	logicalID, physicalID, typ, status, reason string
	properties                                 string // JSON
	token                                      string
	at                                         time.Time
}

// stackEvent sets the stack's own status and records it. Service.mu is held.
func (s *Service) stackEvent(st *stack, status, reason string) {
	st.status, st.reason = status, reason
	s.append(st, event{id: s.newID(), logicalID: st.name, physicalID: st.id, typ: stackResourceType, status: status, reason: reason})
	s.log.Info("stack status", "stack", st.name, "status", status, "reason", reason)
}

// resourceEvent sets a resource's status and records it. Service.mu is held.
func (s *Service) resourceEvent(st *stack, r *resource, status, reason string) {
	r.status, r.reason, r.changed = status, reason, s.now()
	properties, err := json.Marshal(st.masked(r.properties))
	if err != nil {
		properties = nil // only a value no template can hold fails here
	}
	s.append(st, event{
		id:        fmt.Sprintf("%s-%s-%s", r.logicalID, status, s.newID()),
		logicalID: r.logicalID, physicalID: r.physicalID, typ: r.typ, status: status, reason: reason, properties: string(properties),
	})
}

func (s *Service) append(st *stack, e event) {
	e.at, e.token = s.now(), st.settings.token
	if len(st.events) >= maxEvents {
		st.events = append(st.events[:0:0], st.events[len(st.events)/2:]...)
	}
	st.events = append(st.events, e)
}

// masked is v without the values of NoEcho parameters: events are read by people who may not know them.
func (st *stack) masked(v any) any {
	if st.template == nil {
		return v
	}
	var secrets []string
	for name, d := range st.template.parameters {
		if value := st.settings.resolved[name]; d.noEcho && value != "" {
			secrets = append(secrets, value, noEcho)
		}
	}
	if secrets == nil {
		return v
	}
	return mask(v, strings.NewReplacer(secrets...))
}

// noEcho is what stands where a NoEcho parameter's value would.
const noEcho = "****"

func mask(v any, secrets *strings.Replacer) any {
	switch t := v.(type) {
	case string:
		return secrets.Replace(t)
	case []any:
		out := make([]any, len(t))
		for i, item := range t {
			out[i] = mask(item, secrets)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(t))
		for k, item := range t {
			out[k] = mask(item, secrets)
		}
		return out
	}
	return v
}

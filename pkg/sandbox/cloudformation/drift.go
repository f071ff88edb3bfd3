package cloudformation

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// drift is one comparison of a stack with what its provisioners read. Service.mu guards it.
type drift struct {
	id             string
	status, reason string // of the detection
	began, ended   time.Time
	resources      map[string]resourceDrift
	cancel         context.CancelFunc // of the detection; nil for one resource
}

// resourceDrift is how a resource differs from its template.
type resourceDrift struct {
	status           string
	at               time.Time
	expected, actual map[string]any
	differences      []difference
}

// difference is one property that is not as the template has it.
type difference struct {
	path, kind       string // ADD, REMOVE or NOT_EQUAL
	expected, actual any
}

const (
	inSync     = "IN_SYNC"
	drifted    = "DRIFTED"
	modified   = "MODIFIED"
	deleted    = "DELETED"
	notChecked = "NOT_CHECKED"

	detecting      = "DETECTION_IN_PROGRESS"
	detected       = "DETECTION_COMPLETE"
	detectionFails = "DETECTION_FAILED"
)

// stackStatus sums up the resources.
func (d *drift) stackStatus() string {
	if d == nil {
		return notChecked
	}
	out := notChecked
	for _, r := range d.resources {
		switch r.status {
		case modified, deleted:
			return drifted
		case inSync:
			out = inSync
		}
	}
	return out
}

func (d *drift) drifted() int {
	n := 0
	for _, r := range d.resources {
		if r.status == modified || r.status == deleted {
			n++
		}
	}
	return n
}

// of is a resource's last result.
func (d *drift) of(logicalID string) (resourceDrift, bool) {
	if d == nil {
		return resourceDrift{status: notChecked}, false
	}
	r, ok := d.resources[logicalID]
	if !ok {
		r.status = notChecked
	}
	return r, ok
}

// canDetect says whether a stack's drift may be detected.
func canDetect(st *stack) error {
	switch st.status {
	case createComplete, updateComplete, updateRollbackComplete, updateRollbackFailed:
		return nil
	}
	return validationError("Drift detection cannot be performed on stack [%s] while it is in %s state.", st.id, st.status)
}

// compareWith reads one resource and says how it differs from what its template has.
func (s *Service) compareWith(ctx context.Context, st *stack, r *resource) (resourceDrift, error) {
	reader, ok := s.provisioners[r.typ].(Reader)
	out := resourceDrift{status: notChecked, expected: r.properties}
	s.do(func() { out.at = s.now() })
	if !ok {
		return out, nil
	}
	actual, err := reader.Read(ctx, Request{
		Type: r.typ, LogicalID: r.logicalID, StackName: st.name, StackID: st.id, PhysicalID: r.physicalID, Properties: r.properties,
	})
	if isNotFound(err) {
		out.status = deleted
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.status, out.actual = inSync, map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(r.properties)) {
		v, told := actual[name]
		if !told || s.schemas[r.typ].writeOnly(name) {
			continue
		}
		out.actual[name] = v
		out.differences = append(out.differences, differ("/"+name, r.properties[name], v)...)
	}
	if out.differences != nil {
		out.status = modified
	}
	return out, nil
}

// differ compares a property with what it is. What a dynamic reference stands for is not compared.
func differ(path string, expected, actual any) []difference {
	if isDynamic(expected) {
		return nil
	}
	want, isMap := expected.(map[string]any)
	got, alsoMap := actual.(map[string]any)
	if isMap && alsoMap {
		var out []difference
		for _, key := range slices.Sorted(maps.Keys(want)) {
			v, has := got[key]
			if !has {
				out = append(out, difference{path + "/" + key, "REMOVE", want[key], nil})
				continue
			}
			out = append(out, differ(path+"/"+key, want[key], v)...)
		}
		return out
	}
	if sameValue(expected, actual) {
		return nil
	}
	return []difference{{path, "NOT_EQUAL", expected, actual}}
}

// sameValue compares values of which one may have come through another representation, as a provisioner's numbers may.
func sameValue(a, b any) bool {
	return equal(a, b) || shownJSON(a) == shownJSON(b)
}

// shownJSON is a value as drift results show it.
func shownJSON(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// writeOnly says whether a property can never be read.
func (s *schema) writeOnly(property string) bool {
	path := "/properties/" + property
	return s != nil && slices.ContainsFunc(s.WriteOnly, func(p string) bool { return p == path || strings.HasPrefix(p, path+"/") })
}

// checked is when a stack was compared last.
func (d *drift) checked() string {
	if d == nil {
		return ""
	}
	return stamp(d.ended)
}

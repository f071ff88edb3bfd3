package ecs

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"time"
)

func (e *Emulator) arn(kind, path string) string {
	return fmt.Sprintf("arn:aws:ecs:%s:%s:%s/%s", e.cfg.Region, e.cfg.AccountID, kind, path)
}

// lastPart is the name of what an ARN, or a name, means: a cluster, a service or a task.
func lastPart(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// newID is the id of a task.
func newID() string {
	raw := make([]byte, 16)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}

// newDeploymentID is the id of a deployment: ecs-svc/ and 19 digits.
func newDeploymentID() string {
	const smallest = 1_000_000_000_000_000_000
	return fmt.Sprintf("ecs-svc/%d", smallest+mathrand.Int64N(8*smallest))
}

// Time is a time as the API writes it: seconds of the epoch, with milliseconds.
type Time struct{ time.Time }

func now() *Time { return &Time{time.Now()} }

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", float64(t.UnixMilli())/1000), nil
}

// whole is the time as RFC 3339 has it; nil stays nil.
func (t *Time) whole() *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// Tag is a tag of a resource.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Failure says why something is not part of a description.
type Failure struct {
	Arn    string `json:"arn,omitempty"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

// page cuts a list of ARNs, which is sorted, at the token, which is the first of the next page.
func page(all []string, token string, size int) (items []string, next string) {
	if size <= 0 || size > maxPage {
		size = maxPage
	}
	for len(all) > 0 && all[0] < token {
		all = all[1:]
	}
	if len(all) > size {
		return all[:size], all[size]
	}
	return append([]string{}, all...), ""
}

// ClusterOf is the name of the cluster in the ARN of a service or task.
func ClusterOf(arn string) string {
	parts := strings.Split(arn, "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

package secretsmanager

import (
	"context"
	"strconv"
	"time"
)

// Description is all that is known of a secret but its values.
type Description struct {
	ARN, Name         string
	Description       string `json:",omitempty"`
	KmsKeyId          string `json:",omitempty"`
	CreatedDate       epoch
	LastChangedDate   epoch
	LastAccessedDate  *epoch              `json:",omitempty"`
	DeletedDate       *epoch              `json:",omitempty"`
	Tags              []Tag               `json:",omitempty"`
	VersionIdToStages map[string][]string `json:"VersionIdsToStages,omitempty"`
}

// epoch is a time as the protocol has it: seconds, with a fraction.
type epoch time.Time

// MarshalJSON gives the seconds.
func (e epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(e).UnixMilli())/1000, 'f', 3, 64), nil
}

func optional(t time.Time) *epoch {
	if t.IsZero() {
		return nil
	}
	e := epoch(t)
	return &e
}

// DescribeSecret tells of a secret.
func (s *Service) DescribeSecret(_ context.Context, id string) (Description, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, e := s.find(id)
	if e != nil {
		return Description{}, e
	}
	return sec.describe(), nil
}

func (sec *secret) describe() Description {
	d := Description{
		ARN: sec.arn, Name: sec.name, Description: sec.description, KmsKeyId: sec.kmsKey, Tags: sec.tags, CreatedDate: epoch(sec.created),
		LastChangedDate: epoch(sec.changed), LastAccessedDate: optional(sec.accessed), VersionIdToStages: map[string][]string{},
	}
	if !sec.deleted.IsZero() {
		d.DeletedDate = optional(sec.deleted)
	}
	for _, v := range sec.versions {
		if len(v.stages) > 0 {
			d.VersionIdToStages[v.id] = append([]string(nil), v.stages...)
		}
	}
	return d
}

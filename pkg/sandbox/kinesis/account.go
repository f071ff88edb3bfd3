package kinesis

import (
	"context"
	"time"
)

// The states of a commitment.
const (
	commitmentEnabled  = "ENABLED"
	commitmentDisabled = "DISABLED"
	// commitmentEnding is one that was disabled before it may end.
	commitmentEnding = "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
)

// minCommitment is how long a commitment lasts at least.
const minCommitment = 24 * time.Hour

// settings are those of the account. They are replaced, never changed.
type settings struct{ started, ended time.Time }

// committed reports whether the account commits itself to a minimum throughput.
func (a *settings) committed(now time.Time) bool {
	return !a.started.IsZero() && (a.ended.IsZero() || now.Before(a.ended))
}

func (a *settings) describe(now time.Time) AccountSettings {
	c := Commitment{Status: commitmentDisabled}
	if !a.started.IsZero() {
		c.StartedAt = &Timestamp{a.started}
	}
	switch {
	case !a.committed(now):
		if !a.ended.IsZero() {
			c.EndedAt = &Timestamp{a.ended}
		}
	case a.ended.IsZero():
		c.Status = commitmentEnabled
		c.EarliestAllowedEndAt = &Timestamp{a.started.Add(minCommitment)}
	default:
		c.Status = commitmentEnding
		c.EarliestAllowedEndAt = &Timestamp{a.ended}
	}
	return AccountSettings{c}
}

// AccountSettings is the output of DescribeAccountSettings and UpdateAccountSettings.
type AccountSettings struct{ MinimumThroughputBillingCommitment Commitment }

// Commitment is the account's commitment to pay for a minimum throughput of its on-demand streams.
type Commitment struct {
	Status               string
	StartedAt            *Timestamp `json:",omitempty"`
	EndedAt              *Timestamp `json:",omitempty"`
	EarliestAllowedEndAt *Timestamp `json:",omitempty"`
}

// DescribeAccountSettingsInput is the empty input of DescribeAccountSettings.
type DescribeAccountSettingsInput struct{}

func (s *Service) describeAccountSettings(context.Context, DescribeAccountSettingsInput) (AccountSettings, error) {
	return s.settings.Load().describe(s.now()), nil
}

// UpdateAccountSettingsInput is the input of UpdateAccountSettings.
type UpdateAccountSettingsInput struct {
	MinimumThroughputBillingCommitment CommitmentInput
}

// CommitmentInput enables or disables the commitment.
type CommitmentInput struct{ Status string }

func (s *Service) updateAccountSettings(_ context.Context, in UpdateAccountSettingsInput) (AccountSettings, error) {
	s.control.Lock()
	defer s.control.Unlock()
	now, next := s.now(), *s.settings.Load()
	switch on := next.committed(now); {
	case in.MinimumThroughputBillingCommitment.Status == commitmentEnabled && !on:
		next = settings{started: now}
	case in.MinimumThroughputBillingCommitment.Status == commitmentEnabled:
		next.ended = time.Time{}
	case on && next.ended.IsZero():
		next.ended = now
		if earliest := next.started.Add(minCommitment); earliest.After(now) {
			next.ended = earliest
		}
	}
	s.settings.Store(&next)
	return next.describe(now), s.save(*s.streams.Load(), nil, nil)
}

// DescribeLimitsInput is the empty input of DescribeLimits.
type DescribeLimitsInput struct{}

// DescribeLimitsOutput is the output of DescribeLimits.
type DescribeLimitsOutput struct {
	ShardLimit, OpenShardCount                    int
	OnDemandStreamCount, OnDemandStreamCountLimit int
}

func (s *Service) describeLimits(context.Context, DescribeLimitsInput) (DescribeLimitsOutput, error) {
	out := DescribeLimitsOutput{ShardLimit: s.cfg.ShardLimit, OnDemandStreamCount: s.onDemandStreams(), OnDemandStreamCountLimit: maxOnDemand}
	for _, state := range s.states() {
		if state.mode == ModeProvisioned {
			out.OpenShardCount += len(state.open)
		}
	}
	return out, nil
}

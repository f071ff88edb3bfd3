package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/rebuild"
)

// lastProblem is what Lambda's word on a mapping's last invocation begins with, if it
// failed.
const lastProblem = "PROBLEM"

// pause says how the consumer is stopped, and tells the user about it.
func (p *program) pause(o replayOptions, e rebuild.Endpoint, client rebuild.Lambda) *rebuild.Pause {
	return &rebuild.Pause{
		Lambda: client, Function: o.function,
		OnPause: func(m rebuild.Mapping) {
			if strings.HasPrefix(m.LastResult, lastProblem) {
				p.note("the consumer's last invocation failed (%s): records from before --from that it has yet to append will come after newer ones, and newer ones twice", printable(m.LastResult))
			}
			p.note("disabling event source mapping %s of %s; if this process is killed, enable it again by\n  %s", m.UUID, o.function, enableCommand(m.UUID, e))
		},
		OnEnabled: func(uuid string) { p.note("enabled event source mapping %s", uuid) },
	}
}

// enableCommand is what enables a mapping by hand.
func enableCommand(uuid string, e rebuild.Endpoint) string {
	command := "aws lambda update-event-source-mapping --enabled --uuid " + uuid
	if e.Region != "" {
		command += " --region " + e.Region
	}
	if e.Lambda != "" {
		command += " --endpoint-url " + e.Lambda
	}
	return command
}

// noteProgress tells how far a replay is.
func (p *program) noteProgress(at rebuild.Progress) {
	p.note("%d records read, %d events missing, %d appended; %d of %d shards done, %s behind",
		at.Records, at.Missing, at.Appended, at.ShardsDone, at.Shards, at.Behind.Round(time.Second))
}

// replayLine is a replay in JSON.
type replayLine struct {
	Stream         string   `json:"stream"`
	From           string   `json:"from"`
	To             string   `json:"to"`
	Complete       bool     `json:"complete"`
	DryRun         bool     `json:"dry_run"`
	Shards         int      `json:"shards"`
	Records        int64    `json:"records"`
	Events         int64    `json:"events"`
	Held           int64    `json:"held"`
	Missing        int64    `json:"missing"`
	MissingBytes   int64    `json:"missing_bytes"`
	Appended       int64    `json:"appended"`
	Unrouted       int64    `json:"unrouted"`
	Malformed      int64    `json:"malformed"`
	CorruptEntries int64    `json:"corrupt_entries"`
	Throttled      int64    `json:"throttled"`
	Paused         []string `json:"paused,omitempty"`
	Seconds        float64  `json:"seconds"`
}

// printReplay says what was done.
func (p *program) printReplay(output string, cfg rebuild.Config, sum rebuild.Summary, complete bool) error {
	if output == outputJSON {
		return json.NewEncoder(p.stdout).Encode(replayLine{
			Stream: cfg.Stream, From: sum.From.Format(timeLayout), To: sum.To.Format(timeLayout), Complete: complete, DryRun: cfg.DryRun,
			Shards: sum.Shards, Records: sum.Records, Events: sum.Events, Held: sum.Held, Missing: sum.Missing, MissingBytes: sum.MissingBytes,
			Appended: sum.Appended, Unrouted: sum.Unrouted, Malformed: sum.Malformed, CorruptEntries: sum.Corrupt, Throttled: sum.Throttled,
			Paused: sum.Paused, Seconds: sum.Elapsed.Seconds(),
		})
	}
	done := fmt.Sprintf("%d appended", sum.Appended)
	if cfg.DryRun {
		done = "nothing appended (--dry-run)"
	}
	if !complete {
		done += ", not complete"
	}
	_, err := fmt.Fprintf(p.stdout, "read %d records (%d events) of %s since %s in %.1f s: %d missing (%s), %s\n",
		sum.Records, sum.Events, cfg.Stream, sum.From.Format(time.RFC3339), sum.Elapsed.Seconds(), sum.Missing, sizeText(sum.MissingBytes), done)
	for _, odd := range []struct {
		count int64
		what  string
	}{
		{sum.Unrouted, "events without a valid topic"},
		{sum.Malformed, "aggregated records that are malformed, passed on whole"},
		{sum.Corrupt, "entries of the log that cannot be read"},
	} {
		if odd.count > 0 {
			p.note("%d %s", odd.count, odd.what)
		}
	}
	return err
}

package main

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

// TestRestartedCheck: every promise about a gateway that is killed can break.
func TestRestartedCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(*restarted)
		want  string // empty: nothing is wrong
	}{
		{"fine", func(*restarted) {}, ""},
		{"lost", func(d *restarted) { d.got.lost = 1 }, "1 events lost"},
		{"twice", func(d *restarted) { d.got.duplicated = 1 }, "1 events duplicated"},
		{"one stays away", func(d *restarted) { d.returns = d.returns[1:] }, "29 of 30 clients were live again"},
		{"late", func(d *restarted) { d.all = false }, "were live again within"},
		{"refused by a limit", func(d *restarted) { d.partings[codes.ResourceExhausted] = 2 }, "2 times a client was told ResourceExhausted"},
		{"refused for its token", func(d *restarted) { d.partings[codes.Unauthenticated] = 1 }, "told Unauthenticated"},
		{"connections refused", func(d *restarted) { d.turnedAway = 3 }, "turned away 3 connections and calls"},
		{"tokens", func(d *restarted) { d.tokens = 30 }, "30 tokens were asked"},
		{"race", func(d *restarted) { d.raced = errors.New("data race in gateway") }, "data race"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const clients = 30
			d := &restarted{clients: clients, all: true, returns: make([]time.Duration, clients), partings: map[codes.Code]int{codes.Unavailable: 40}}
			tt.spoil(d)
			wantSays(t, d.check(), tt.want)
		})
	}
}

// TestOutlivedCheck: every promise about an issuer that is down can break.
func TestOutlivedCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(*outlived)
		want  string
	}{
		{"fine", func(*outlived) {}, ""},
		{"lost", func(d *outlived) { d.got[kindEnding].lost = 1 }, "those whose tokens ended: 1 events lost"},
		{"gap", func(d *outlived) { d.got[kindLate].gaps = 1 }, "those who came meanwhile: 1 gaps told"},
		{"a stream does not last", func(d *outlived) { d.lasting[0].part(d.from.Add(time.Minute), codes.Unauthenticated) }, "those whose tokens lasted were disconnected"},
		{"a new one is refused", func(d *outlived) { d.late[0].part(d.from.Add(time.Minute), codes.Unavailable) }, "those who came meanwhile were disconnected"},
		{"a new one is not live", func(d *outlived) { d.joined = nil }, "0 of 1 new subscribers"},
		{"a stream ends for another reason", func(d *outlived) { d.ending[0].partings[0].why = codes.Internal }, "ended with map[Internal:1]"},
		{"a stream outlives its token", func(d *outlived) { d.ends[d.ending[0]] = d.from }, "after its token, want"},
		{"a stream ends before its token", func(d *outlived) { d.ends[d.ending[0]] = d.to }, "after its token, want"},
		{"the SDK gives the wrong reason", func(d *outlived) { d.ending[0].partings[1].why = codes.Unauthenticated }, "without the issuer they were told"},
		{"nobody comes back", func(d *outlived) { d.ending[0].arrivals = d.ending[0].arrivals[:1] }, "0 of 1 were back"},
		{"race", func(d *outlived) { d.raced = errors.New("data race in gateway") }, "data race"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := fineOutage()
			tt.spoil(d)
			wantSays(t, d.check(), tt.want)
		})
	}
}

// fineOutage is one of ten minutes, with a subscriber of each kind, in which nothing went
// wrong.
func fineOutage() *outlived {
	from := time.Now()
	end := from.Add(5 * time.Minute)
	ending := &reader{arrivals: []time.Time{from.Add(-time.Second), from.Add(11 * time.Minute)}}
	ending.part(end.Add(time.Second/2), codes.Unauthenticated)
	ending.part(end.Add(time.Minute), codes.Unavailable)
	return &outlived{
		down: 10 * time.Minute, from: from, to: from.Add(10 * time.Minute), back: true, joined: []time.Duration{1},
		lasting: []*reader{{}}, ending: []*reader{ending}, late: []*reader{{}}, ends: map[*reader]time.Time{ending: end},
		got: map[string]*sum{kindLasting: {}, kindEnding: {}, kindLate: {}},
	}
}

func (r *reader) part(at time.Time, why codes.Code) {
	r.partings = append(r.partings, parting{at, why})
}

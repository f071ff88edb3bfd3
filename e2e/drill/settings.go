package main

import (
	"fmt"
	"time"

	"github.com/spillway/spillway/pkg/config"
)

const (
	variablePrefix = "DRILL_"
	// maxWindow is what a gateway takes for its drain window.
	maxWindow = 110 * time.Second
	// longest bounds a phase: nobody waits for longer.
	longest = 12 * time.Hour
	// maxStreams and maxRate are beyond what one machine can do.
	maxStreams = 100_000
	maxRate    = 100_000
	// minBytes holds an event's number and time, maxBytes is an entry of the log.
	minBytes = 64
	maxBytes = 64 << 10
)

// settings is the configuration; the package doc says what each variable means.
type settings struct {
	Streams   int           `env:"DRILL_STREAMS" envDefault:"1000"`
	Window    time.Duration `env:"DRILL_WINDOW" envDefault:"60s"`
	DrainRate int           `env:"DRILL_DRAIN_RATE" envDefault:"100"`
	Readers   int           `env:"DRILL_READERS" envDefault:"100"`
	Sleep     time.Duration `env:"DRILL_SLEEP" envDefault:"10m"`
	Calm      time.Duration `env:"DRILL_CALM" envDefault:"1m"`
	Rate      int           `env:"DRILL_RATE" envDefault:"1000"`
	Bytes     int           `env:"DRILL_BYTES" envDefault:"500"`
	Stall     time.Duration `env:"DRILL_STALL" envDefault:"0s"`
	Clients   int           `env:"DRILL_CLIENTS" envDefault:"5000"`
	StormRate int           `env:"DRILL_RESTART_RATE" envDefault:"20"`
	Down      time.Duration `env:"DRILL_ISSUER_DOWN" envDefault:"10m"`
	Holders   int           `env:"DRILL_ISSUER_CLIENTS" envDefault:"50"`
}

// Validate implements config.Validator.
func (s *settings) Validate() []config.Mistake {
	checks := []struct {
		variable string
		err      error
	}{
		{"DRILL_STREAMS", within(s.Streams, 1, maxStreams)},
		{"DRILL_WINDOW", within(s.Window, time.Second, maxWindow)},
		{"DRILL_DRAIN_RATE", within(s.DrainRate, 1, maxRate)},
		{"DRILL_READERS", within(s.Readers, 1, maxStreams)},
		{"DRILL_SLEEP", within(s.Sleep, 10*time.Second, longest)},
		{"DRILL_CALM", within(s.Calm, leastSlices*minSlice, longest)},
		{"DRILL_RATE", within(s.Rate, 1, maxRate)},
		{"DRILL_BYTES", within(s.Bytes, minBytes, maxBytes)},
		{"DRILL_STALL", within(s.Stall, 0, longest)},
		{"DRILL_CLIENTS", within(s.Clients, 1, maxStreams)},
		{"DRILL_RESTART_RATE", within(s.StormRate, 1, maxRate)},
		{"DRILL_ISSUER_DOWN", within(s.Down, leastDown, mostDown)},
		{"DRILL_ISSUER_CLIENTS", within(s.Holders, 1, maxStreams)},
	}
	var mistakes []config.Mistake
	for _, c := range checks {
		if c.err != nil {
			mistakes = append(mistakes, config.Mistake{Variable: c.variable, Rule: c.err.Error()})
		}
	}
	return mistakes
}

func within[T int | time.Duration](v, low, high T) error {
	if v < low || v > high {
		return fmt.Errorf("is %v: want %v to %v", v, low, high)
	}
	return nil
}

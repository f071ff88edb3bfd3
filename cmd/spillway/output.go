package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/spillway/spillway/pkg/client"
)

// The ways to print.
const (
	outputText = "text"
	outputJSON = "json"
)

// timeLayout is RFC 3339 with Kinesis's precision.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

func outputFlag(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVarP(output, "output", "o", outputText, "text or json")
}

func checkOutput(output string) error {
	if output != outputText && output != outputJSON {
		return fmt.Errorf("--output is %q, must be text or json", output)
	}
	return nil
}

// printer writes events as lines.
type printer interface {
	event(*client.Event) error
	gap(*client.Gap) error
}

func newPrinter(output string, w io.Writer) printer {
	if output == outputText {
		return textPrinter{w}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return jsonPrinter{encoder}
}

// textPrinter writes lines for people. What comes from outside cannot break a line
// or move the terminal's cursor.
type textPrinter struct{ w io.Writer }

func (p textPrinter) event(ev *client.Event) error {
	_, err := fmt.Fprintf(p.w, "%s  %s  %s  %s\n", ev.ArrivalTime.Format(timeLayout), printable(ev.Topic), printable(ev.PartitionKey), dataText(ev.Data))
	return err
}

// gap writes nothing: a gap is told on stderr.
func (p textPrinter) gap(*client.Gap) error { return nil }

// dataText returns data on one line: JSON compacted, text as it is where it can be
// printed, else quoted, anything else in base64.
func dataText(data []byte) string {
	if !utf8.Valid(data) {
		return "base64:" + base64.StdEncoding.EncodeToString(data)
	}
	var compact bytes.Buffer
	if json.Compact(&compact, data) == nil {
		return printable(compact.String())
	}
	return printable(string(data))
}

// printable returns s, quoted if it has anything that a terminal does not print.
func printable(s string) string {
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(s)
		}
	}
	return s
}

// jsonPrinter writes one JSON object per line.
type jsonPrinter struct{ encoder *json.Encoder }

// eventLine is an event in JSON: its data as JSON where it is that, else in base64.
type eventLine struct {
	ID           string          `json:"id"`
	Topic        string          `json:"topic"`
	PartitionKey string          `json:"partition_key"`
	ArrivalTime  string          `json:"approximate_arrival_time"`
	Data         json.RawMessage `json:"data,omitempty"`
	DataBase64   *string         `json:"data_base64,omitempty"`
}

func (p jsonPrinter) event(ev *client.Event) error {
	line := eventLine{ID: ev.ID, Topic: ev.Topic, PartitionKey: ev.PartitionKey, ArrivalTime: ev.ArrivalTime.Format(timeLayout)}
	if utf8.Valid(ev.Data) && json.Valid(ev.Data) {
		line.Data = ev.Data
	} else {
		encoded := base64.StdEncoding.EncodeToString(ev.Data)
		line.DataBase64 = &encoded
	}
	return p.encoder.Encode(line)
}

// gapLine is a gap in JSON.
type gapLine struct {
	Gap struct {
		Reason string     `json:"reason"`
		From   *time.Time `json:"from,omitempty"`
		To     *time.Time `json:"to,omitempty"`
		Lanes  []uint32   `json:"lanes,omitempty"`
		Events uint64     `json:"events,omitempty"`
	} `json:"gap"`
}

func (p jsonPrinter) gap(g *client.Gap) error {
	var line gapLine
	line.Gap.Reason, line.Gap.Lanes, line.Gap.Events = string(g.Reason), g.Lanes, g.Events
	line.Gap.From, line.Gap.To = known(g.From), known(g.To)
	return p.encoder.Encode(line)
}

// known returns nil for the zero time.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

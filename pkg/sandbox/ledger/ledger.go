// Package ledger is the form in which emulators tell how they differ from AWS.
//
// A [Service] lists its operations, each done, simplified or left out, and its
// behaviours that are not AWS's, or not proven to be. [Write] writes services as
// the document docs/ledger.md, which go generate makes of what the emulators say.
// It holds nothing: all may be called concurrently.
package ledger

import (
	"fmt"
	"io"
	"strings"
)

// Status says how far an operation goes.
type Status string

// The statuses of an operation.
const (
	Done       Status = "done"
	Simplified Status = "simplified"
	LeftOut    Status = "left out"
)

// Operation is an operation of AWS's API.
type Operation struct {
	Name   string
	Status Status
	Note   string // what is simplified, or why it is left out
	Page   string // AWS's page
}

// Behaviour is something that is simplified, left out, or that no recording of AWS proves.
type Behaviour struct{ Title, Text string }

// Service is an emulator's ledger.
type Service struct {
	Name       string
	Package    string
	Operations []Operation
	Behaviours []Behaviour
	// Unproven are texts and choices that no recording of AWS proves.
	Unproven []Behaviour
}

const head = `# The ledger

<!-- Written by go generate from what the emulators say of themselves; do not edit. -->

Where the local cloud is not AWS. Every operation of the emulated APIs is in here: **done** as AWS documents it,
**simplified** in what the note says, or **left out**. A test fails for an operation that is in no list.
`

// Write writes the document.
func Write(w io.Writer, services ...Service) error {
	var b strings.Builder
	b.WriteString(head)
	for _, s := range services {
		s.write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Service) write(b *strings.Builder) {
	if len(s.Operations) == 0 { // a part of a service, whose operations are told with the others
		fmt.Fprintf(b, "\n## %s\n\n`%s`.\n", s.Name, s.Package)
	} else {
		s.writeOperations(b)
	}
	list(b, "Behaviour that is simplified or left out", s.Behaviours)
	list(b, "Texts and choices that no recording proves", s.Unproven)
}

func (s Service) writeOperations(b *strings.Builder) {
	counts := map[Status]int{}
	for _, op := range s.Operations {
		counts[op.Status]++
	}
	fmt.Fprintf(b, "\n## %s\n\n`%s`: %d operations done, %d simplified, %d left out.\n\n| operation | status | note |\n| --- | --- | --- |\n",
		s.Name, s.Package, counts[Done], counts[Simplified], counts[LeftOut])
	for _, op := range s.Operations {
		fmt.Fprintf(b, "| [%s](%s) | %s | %s |\n", op.Name, op.Page, op.Status, strings.ReplaceAll(op.Note, "|", "\\|"))
	}
}

func list(b *strings.Builder, title string, items []Behaviour) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n", title)
	for _, item := range items {
		fmt.Fprintf(b, "- **%s.** %s\n", item.Title, item.Text)
	}
}

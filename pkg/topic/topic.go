package topic

import (
	"fmt"
	"strings"
)

const (
	// MaxBytes is the longest topic or pattern, in bytes: what fits into a Cognito
	// scope name.
	MaxBytes = 256
	// MaxTokens is the largest number of tokens of a topic or pattern: enough for
	// any hierarchy that people keep apart, small enough to match without care.
	MaxTokens = 16

	// OperatorPrefix starts the first token of topics that only operators read.
	OperatorPrefix = "$"
	// Unrouted is the topic of records that no route gave a valid topic.
	Unrouted = OperatorPrefix + "spillway.unrouted"
)

// Validate returns an error that names the rule which name breaks, if it is not
// a valid topic.
func Validate(name string) error {
	if err := validateTokens(name); err != nil {
		return fmt.Errorf("topic %w", err)
	}
	for tok := range strings.SplitSeq(name, ".") {
		if strings.ContainsAny(tok, "*>") {
			return fmt.Errorf("topic %s: token %q: a topic holds no wildcard", quote(name), tok)
		}
	}
	return nil
}

// validateTokens checks what topics and patterns have in common.
func validateTokens(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("\"\": must not be empty")
	case len(name) > MaxBytes:
		return fmt.Errorf("%s: is %d bytes long, at most %d are allowed", quote(name), len(name), MaxBytes)
	case strings.Count(name, ".") >= MaxTokens:
		return fmt.Errorf("%s: has %d tokens, at most %d are allowed", quote(name), strings.Count(name, ".")+1, MaxTokens)
	}
	first := true
	for tok := range strings.SplitSeq(name, ".") {
		if err := validateToken(tok, first); err != nil {
			return fmt.Errorf("%s: %w", quote(name), err)
		}
		first = false
	}
	return nil
}

func validateToken(tok string, first bool) error {
	if tok == "" {
		return fmt.Errorf("has an empty token")
	}
	if !first && strings.HasPrefix(tok, OperatorPrefix) {
		return fmt.Errorf("token %q: %s may only start the first token", tok, OperatorPrefix)
	}
	for i := range len(tok) {
		if !tokenByte(tok[i]) {
			return fmt.Errorf("token %q: byte %d is not allowed (printable ASCII without space, \", / and \\)", tok, i)
		}
	}
	return nil
}

// tokenByte tells whether c may stand in a token: what Cognito allows in the name
// of a scope, so that every pattern can be granted.
func tokenByte(c byte) bool {
	return c > ' ' && c < 0x7f && c != '"' && c != '/' && c != '\\'
}

// quote quotes at most the part of a name that is useful to read in an error.
func quote(name string) string {
	const shown = 64
	if len(name) > shown {
		return fmt.Sprintf("%q...", name[:shown])
	}
	return fmt.Sprintf("%q", name)
}

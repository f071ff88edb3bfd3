package environment

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// initStart is the line that begins an init phase. The version of the runtime is made up.
func initStart(region string) string {
	return "INIT_START Runtime Version: provided:al2023.v0\tRuntime Version ARN: arn:aws:lambda:" + region + "::runtime:" + strings.Repeat("0", 64)
}

// ending is how an invocation or an init phase ended, as reports name it: the status is "" for one that ended by itself,
// the kind is that of an error.
type ending struct {
	status string
	kind   string
}

// The statuses that a report names.
const (
	statusTimeout = "timeout"
	statusError   = "error"
)

// String is the end of a report's line.
func (e ending) String() string {
	switch {
	case e.status == "":
		return ""
	case e.kind == "" || e.status == statusTimeout:
		return "Status: " + e.status
	}
	return "Status: " + e.status + "\tError Type: " + e.kind
}

// logStart and logEnd write the lines that Lambda puts around an invocation.
func (e *environment) logStart(inv *invocation) {
	e.out.printf("START RequestId: %s Version: %s", inv.id, e.fn.Version)
}

// logEnd also returns the tail of the log.
func (e *environment) logEnd(inv *invocation, out outcome, took time.Duration, end ending) []byte {
	switch {
	case end.status == statusTimeout:
		e.out.printf("%s %s Task timed out after %.2f seconds\n", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
			inv.id, e.fn.Timeout.Seconds())
	case out.died != "":
		e.out.printf("RequestId: %s Error: %s\n%s", inv.id, out.died, end.kind)
	}
	e.out.printf("END RequestId: %s", inv.id)
	e.out.printf("%s", e.reportLine(inv, took, end))
	return e.out.flush()
}

// reportLine says what an invocation took. As for every custom runtime, the init phase before it is billed, too.
func (e *environment) reportLine(inv *invocation, took time.Duration, end ending) string {
	var b strings.Builder
	fmt.Fprintf(&b, "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
		inv.id, milliseconds(took), math.Ceil(milliseconds(took+e.initTook)), e.fn.MemoryMB, min(e.usedMB(), e.fn.MemoryMB))
	if e.initTook > 0 {
		fmt.Fprintf(&b, "Init Duration: %.2f ms\t", milliseconds(e.initTook))
		e.initTook = 0
	}
	b.WriteString(end.String())
	return b.String()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// The phases in which an environment is initialised: before its first invocation, and as a part of it.
const (
	phaseInit   = "init"
	phaseInvoke = "invoke"
)

// logInit writes the line of an init phase that did not succeed.
func (e *environment) logInit(took time.Duration, phase string, end ending) {
	e.out.printf("INIT_REPORT Init Duration: %.2f ms\tPhase: %s\t%s", milliseconds(took), phase, end)
	e.out.flush()
}

package environment

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// logStart and logEnd write the lines that Lambda puts around an invocation.
func (e *environment) logStart(inv *invocation) {
	e.out.printf("START RequestId: %s Version: %s", inv.id, e.fn.Version)
}

// logEnd also returns the tail of the log. status is "" for an invocation that ended by itself.
func (e *environment) logEnd(inv *invocation, took time.Duration, status string) []byte {
	if status == statusTimeout {
		e.out.printf("%s %s Task timed out after %.2f seconds", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
			inv.id, e.fn.Timeout.Seconds())
	}
	e.out.printf("END RequestId: %s", inv.id)
	e.out.printf("%s", e.reportLine(inv, took, status))
	return e.out.flush()
}

// The statuses that a REPORT line names.
const (
	statusTimeout = "timeout"
	statusError   = "error"
)

func (e *environment) reportLine(inv *invocation, took time.Duration, status string) string {
	ms := float64(took) / float64(time.Millisecond)
	var b strings.Builder
	fmt.Fprintf(&b, "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
		inv.id, ms, math.Ceil(ms), e.fn.MemoryMB, peakMemoryMB(e.proc.Pid()))
	if e.initTook > 0 {
		fmt.Fprintf(&b, "Init Duration: %.2f ms\t", float64(e.initTook)/float64(time.Millisecond))
		e.initTook = 0
	}
	if status != "" {
		fmt.Fprintf(&b, "Status: %s", status)
	}
	return b.String()
}

// logInit writes the line of an init phase that did not succeed.
func (e *environment) logInit(took time.Duration, status string) {
	e.out.printf("INIT_REPORT Init Duration: %.2f ms\tPhase: init\tStatus: %s", float64(took)/float64(time.Millisecond), status)
	e.out.flush()
}

package console

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spillway/spillway/pkg/deploy"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	events := []deploy.Event{
		{LogicalID: "Stream", Status: "CREATE_IN_PROGRESS", Type: "T"}, {Path: "Gateway", LogicalID: "Service", Status: "CREATE_IN_PROGRESS", Type: "T"},
		{LogicalID: "Stream", Status: "CREATE_COMPLETE", Type: "T"}, {Path: "Gateway", LogicalID: "Service", Status: "TASK_STOPPED", Type: "T", Reason: "exit 2"},
	}
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(&out, true)
		stop := p.start()
		for _, e := range events {
			p.event(e)
		}
		time.Sleep(redraw + redraw/2)
		synctest.Wait()
		stop()
		if got := out.String(); !strings.Contains(got, erase+"1s  1 done, under way: Gateway/Service") || !strings.HasSuffix(got, erase) || !strings.Contains(got, "\x1b[31m00:00:00  Gateway/Service") {
			t.Errorf("terminal: %q", got)
		}
	})
	var out bytes.Buffer
	p := newProgress(&out, false)
	stop := p.start()
	for _, e := range events {
		p.event(e)
	}
	stop()
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); len(lines) != len(events) || strings.Contains(out.String(), "\x1b") {
		t.Errorf("plain: %q", out.String())
	}
}

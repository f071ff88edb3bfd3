package main

import (
	"context"
	"fmt"
	"go/constant"
	"strconv"
	"time"

	"github.com/spillway/spillway/deploy/evaluate"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/gateway"
	"github.com/spillway/spillway/pkg/ingest/settings"
)

const (
	// drainRest is what a gateway takes at most beyond its drain window: docs/operations.md.
	drainRest = 5 * time.Second
	// idleTimeout is after what silence a network load balancer forgets a connection.
	idleTimeout = 350 * time.Second
)

// limits compares what a program takes with what the templates let be given to it, and with what is around it.
func limits(ctx context.Context, h house) ([]*table, error) {
	own, err := h.constants(ctx, "./cmd/gateway")
	if err != nil {
		return nil, err
	}
	tasks, err := h.template("gateway.yaml")
	if err != nil {
		return nil, err
	}
	data, err := h.template("data.yaml")
	if err != nil {
		return nil, err
	}
	t := &table{title: "limits", header: []string{"limit", "program", "elsewhere", "where"}}
	for _, r := range []struct {
		d         evaluate.Template
		file      string
		parameter string
		low, high int64
	}{
		{tasks, "gateway.yaml", "Lanes", 1, eventlog.MaxLanes},
		{data, "data.yaml", "Lanes", 1, eventlog.MaxLanes},
		{data, "data.yaml", "ParallelizationFactor", 1, settings.MaxParallelization},
		{tasks, "gateway.yaml", "MaxStreams", 1, own["maxMaxStreams"]},
		{tasks, "gateway.yaml", "MaxEventBytes", gateway.MinMaxEventBytes, own["maxMaxEventBytes"]},
		{tasks, "gateway.yaml", "MaxConnections", 0, own["maxLimit"]},
	} {
		low, high := r.d.Parameters[r.parameter], r.d.Parameters[r.parameter]
		t.within(r.parameter, r.file, [2]int64{r.low, r.high}, number(evaluate.At(low, "MinValue")), number(evaluate.At(high, "MaxValue")))
	}
	t.drain(own, tasks)
	t.files(tasks)
	t.least("silence before a load balancer forgets", time.Duration(own["maxHeartbeat"]), idleTimeout, "network load balancer")
	c, err := h.compose()
	if err != nil {
		return nil, err
	}
	if c == nil {
		h.missingCompose(t)
		return []*table{t}, nil
	}
	s, _ := c.program("gateway")
	window, errWindow := time.ParseDuration(s.environment()["SPILLWAY_DRAIN_WINDOW"])
	grace, errGrace := time.ParseDuration(s.StopGracePeriod)
	if errWindow != nil || errGrace != nil {
		t.wrong("cannot be read", "time to stop", s.environment()["SPILLWAY_DRAIN_WINDOW"], s.StopGracePeriod, composeName)
	} else {
		t.least("time to stop", window+drainRest, grace, composeName)
	}
	return []*table{t}, nil
}

// within adds a row: a parameter may only be what the program takes.
func (t *table) within(name, file string, program [2]int64, low, high *int64) {
	cells := []string{name, fmt.Sprintf("%d to %d", program[0], program[1])}
	if low == nil || high == nil {
		t.wrong("has no bounds", append(cells, "", file)...)
		return
	}
	cells = append(cells, fmt.Sprintf("%d to %d", *low, *high), file)
	switch {
	case *low < program[0] || *high > program[1]:
		t.wrong("the program does not take all of it", cells...)
	case *low > program[0] || *high < program[1]:
		t.right("narrower", cells...)
	default:
		t.right("", cells...)
	}
}

// least adds a row: b is more than a.
func (t *table) least(name string, a, b time.Duration, where string) {
	if a >= b {
		t.wrong("too little", name, a.String(), b.String(), where)
		return
	}
	t.right("", name, a.String(), b.String(), where)
}

// drain: the longest window that a parameter takes is what the program takes, and fits into the time that a task gets to stop.
func (t *table) drain(own map[string]int64, tasks evaluate.Template) {
	longest := time.Duration(own["maxDrainWindow"])
	pattern := evaluate.Text(evaluate.At(tasks.Parameters["DrainWindow"], "AllowedPattern"))
	seconds := int(longest / time.Second)
	var hows []string
	if !matches(pattern, fmt.Sprintf("%ds", seconds)) || matches(pattern, fmt.Sprintf("%ds", seconds+1)) {
		hows = append(hows, "it is to take "+longest.String()+" and no more")
	}
	t.judge(hows, "", "DrainWindow", longest.String(), pattern, "gateway.yaml")
	stop := number(evaluate.At(tasks.Resources["TaskDefinition"], "Properties", "ContainerDefinitions", 0, "StopTimeout"))
	if stop == nil {
		t.wrong("is missing", "time to stop", "", "", "gateway.yaml")
		return
	}
	t.least("time to stop", longest+drainRest, time.Duration(*stop)*time.Second, "gateway.yaml")
}

// files: a connection has one, and twice as many should be there.
func (t *table) files(tasks evaluate.Template) {
	connections := number(evaluate.At(tasks.Parameters["MaxConnections"], "MaxValue"))
	files := number(evaluate.At(tasks.Resources["TaskDefinition"], "Properties", "ContainerDefinitions", 0, "Ulimits", 0, "SoftLimit"))
	if connections == nil || files == nil {
		t.wrong("is missing", "file descriptors", "", "", "gateway.yaml")
		return
	}
	cells := []string{"file descriptors", fmt.Sprintf("2 x %d", *connections), strconv.FormatInt(*files, 10), "gateway.yaml"}
	if *files < 2**connections {
		t.wrong("too few", cells...)
		return
	}
	t.right("", cells...)
}

func number(v any) *int64 {
	n, err := strconv.ParseInt(evaluate.Text(v), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// constants are the whole numbers among a package's constants, by name.
func (h house) constants(ctx context.Context, pattern string) (map[string]int64, error) {
	loaded, err := h.load(ctx, pattern)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, p := range loaded {
		for _, name := range p.Types.Scope().Names() {
			if v := constantOf(p.Types.Scope().Lookup(name)); v != nil {
				if n, exact := constant.Int64Val(v); exact {
					out[name] = n
				}
			}
		}
	}
	for _, name := range []string{"maxMaxStreams", "maxMaxEventBytes", "maxLimit", "maxDrainWindow", "maxHeartbeat"} {
		if _, ok := out[name]; !ok {
			return nil, fmt.Errorf("%s has no constant %s any more", pattern, name)
		}
	}
	return out, nil
}

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// report simulates, and prints what comes of it.
func report(w io.Writer, in inputs) {
	fmt.Fprintln(w, "inputs")
	for _, name := range slices.Sorted(maps.Keys(in)) {
		fmt.Fprintf(w, "  %-30s %12g  %s; %s\n", name, in[name].Value, in[name].Unit, in[name].Source)
	}
	all, chosen := best(in)
	fmt.Fprintf(w, "\nnodes of Redis by lanes, each used to %.0f %% at most; - is more than there are lanes\n", 100*in.at("utilisation"))
	fmt.Fprintf(w, "%8s %10s %10s %10s %12s\n", "lanes", "for CPU", "network", "memory", "appends/s")
	for _, l := range all {
		fmt.Fprintf(w, "%8d %10s %10s %10s %12.0f\n", l.lanes, orNone(l.cpu), orNone(l.network), orNone(l.memory), l.appends)
	}
	reportGrowth(w, in, chosen)
	fmt.Fprintf(w, "\n%-52s %6s %6s %10s %10s\n", "what could be otherwise", "lanes", "nodes", "vCPU each", "$/h")
	var cheapest *variant
	for _, v := range variants(in) {
		_, l := best(v.inputs)
		if !l.fits() {
			fmt.Fprintf(w, "%-52s %6d %6s\n", v.name, l.lanes, "-")
			continue
		}
		v.land = l
		fmt.Fprintf(w, "%-52s %6d %6d %10.1f %10.2f\n", v.name, l.lanes, l.nodes, l.gatewayCPUs, v.usd())
		if cheapest == nil || v.usd() < cheapest.usd() {
			cheapest = &v
		}
	}
	if cheapest == nil {
		fmt.Fprintln(w, "Nothing fits: a lane is more than a node can do.")
		return
	}
	reportQueues(w, cheapest)
	reportCosts(w, cheapest)
}

// variant is another arrangement of the same streams and subscribers, and where it lands.
type variant struct {
	name string
	inputs
	land
}

func variants(in inputs) []variant {
	change := func(name string, values map[string]float64) variant {
		return variant{name: name, inputs: in.with(values)}
	}
	const fewer = 4
	few := map[string]float64{"gateways": in.at("gateways") / fewer}
	calm := map[string]float64{"notice_ms": max(in.at("notice_ms"), in.at("linger_ms"))}
	return []variant{
		change("as asked", nil),
		change("a quarter of the gateways, each larger", few),
		change("each gateway reads a quarter of the lanes", map[string]float64{"lane_share": in.at("lane_share") / fewer}),
		change("no more notices of a lane than a gateway has rounds", calm),
		change("a quarter of the gateways, and no more notices", map[string]float64{"gateways": few["gateways"], "notice_ms": calm["notice_ms"]}),
	}
}

// usd is what it costs in an hour.
func (v *variant) usd() float64 {
	sum := 0.0
	for _, c := range costs(v.inputs, v.land) {
		sum += c.usd
	}
	return sum
}

func orNone(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// reportGrowth prints every load, and what it is when there is twice as much of everything.
func reportGrowth(w io.Writer, in inputs, l land) {
	twice := map[string]float64{}
	for _, name := range []string{"shards", "subscribers", "gateways", "topics"} {
		twice[name] = 2 * in.at(name)
	}
	double := landing(in.with(twice), l.lanes)
	fmt.Fprintf(w, "\nloads with %d lanes, and with twice as many shards, subscribers, topics and gateways\n", l.lanes)
	const near = 0.9 // of the most: as good as it
	growth, most := make([]float64, len(l.loads)), 0.0
	for i, one := range l.loads {
		growth[i] = double.loads[i].amount / one.amount
		most = max(most, growth[i])
	}
	for i, one := range l.loads {
		first := ""
		if growth[i] > near*most {
			first = "  grows first"
		}
		fmt.Fprintf(w, "  %-36s %12.4g %-8s x %.1f%s\n", one.name, one.amount, one.unit, growth[i], first)
	}
}

// reportQueues simulates again, with what there is now, and prints how long things wait.
func reportQueues(w io.Writer, v *variant) {
	in, l := v.inputs, v.land
	vcpu, _, ok := task(l.gatewayCPUs, memory(in))
	l.gatewayCPUs = vcpu
	m := simulate(in, l.size, 2)
	fmt.Fprintf(w, "\n%s: %d lanes on %d nodes, and %g vCPU for each of %g gateways\n", v.name, l.lanes, l.nodes, vcpu, in.at("gateways"))
	if !ok {
		fmt.Fprintln(w, "  a gateway would take more than the largest task has: more of them are needed")
	}
	fmt.Fprintf(w, "  Redis: %.0f %% used, a job waits %.2f ms\n", 100*(m.redisAppend+m.redisNotice+m.redisRead)/float64(l.nodes), 1e3*m.redisWait/m.redisJobs)
	fmt.Fprintf(w, "  gateways: %.0f %% used, a round every %.1f ms takes %.1f ms from its begin until all is sent\n",
		100*(m.gatewayRead+m.gatewaySend)/in.at("gateways")/vcpu, 1e3*in.at("gateways")/m.rounds, 1e3*m.lag/m.rounds)
	fmt.Fprintf(w, "  Lambda: %.1f invocations at a time, of %.1f ms and %.0f events\n", m.running, 1e3*m.billed/m.invocations, m.events/m.invocations)
	fmt.Fprintf(w, "  %.0f events/s in, %.0f deliveries/s out, in responses of %.2f\n", m.events, m.deliveries, m.deliveries/m.flushes)
}

func reportCosts(w io.Writer, v *variant) {
	deliveries := v.deliveries * 3600 / 1e6
	fmt.Fprintf(w, "\n%-34s %-34s %10s %26s\n", "cost", "of", "$/h", "$/million deliveries")
	for _, c := range costs(v.inputs, v.land) {
		fmt.Fprintf(w, "%-34s %-34s %10.2f %26.5f\n", c.name, c.units, c.usd, c.usd/deliveries)
	}
	fmt.Fprintf(w, "%-34s %-34s %10.2f %26.5f\n", "all", fmt.Sprintf("%.0f million deliveries/h", deliveries), v.usd(), v.usd()/deliveries)
}

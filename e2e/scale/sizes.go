package main

import (
	"fmt"
	"math"
)

// need is how many nodes it takes for what, each with as many lanes as it can do; zero if
// it cannot do one.
func need(lanes int, load, node float64) int {
	each := int(node / (load / float64(lanes)))
	if each == 0 {
		return 0
	}
	return int(math.Ceil(float64(lanes) / float64(each)))
}

// land is where everything lands, for a number of lanes.
type land struct {
	measured
	size
	cpu, network, memory int // nodes that it takes for these; 0: no number of them will do
	loads                []load
}

// load is how much there is of something, whatever it runs on.
type load struct {
	name, unit string
	amount     float64
}

func (l *land) fits() bool { return l.cpu > 0 && l.network > 0 && l.memory > 0 }

// landing lets nothing wait, and sizes by how much there was to do.
func landing(in inputs, lanes int) land {
	m := simulate(in, size{lanes: lanes, nodes: min(lanes, 16)}, 1)
	use := in.at("utilisation")
	held := m.events * in.at("event_bytes") * in.at("retention_s") / 1e9
	l := land{measured: m, size: size{lanes: lanes, nodeSpeed: 1}}
	l.cpu = need(lanes, m.redisAppend+m.redisNotice+m.redisRead, use)
	l.network = need(lanes, m.redisBytes*8/1e9, use*in.at("redis_gbit_s"))
	l.memory = need(lanes, held, in.at("redis_gb")*in.at("redis_log_share"))
	l.nodes = max(l.cpu, l.network, l.memory)
	l.gatewayCPUs = (m.gatewayRead + m.gatewaySend) / in.at("gateways") / use
	l.loads = []load{
		{"Lambda, invocations at a time", "", m.running},
		{"lanes, calls of the append script", "/s", m.appends},
		{"Redis CPU of appends", "cores", m.redisAppend},
		{"Redis CPU of notices", "cores", m.redisNotice},
		{"Redis CPU of reads", "cores", m.redisRead},
		{"Redis network, read", "Gbit/s", m.redisBytes * 8 / 1e9},
		{"Redis memory of events", "GB", held},
		{"gateways, CPU of reading", "cores", m.gatewayRead},
		{"gateways, CPU of sending", "cores", m.gatewaySend},
		{"gateways, memory", "GB", in.at("gateways") * memory(in)},
		{"NLB, new flows", "NLCU", in.at("subscribers") / in.at("stream_age_s") / in.at("nlcu_new_flows_s")},
		{"NLB, active flows", "NLCU", in.at("subscribers") / in.at("nlcu_active_flows")},
		{"NLB, bytes", "NLCU", m.sentBytes * 3600 / 1e9 / in.at("nlcu_gb_h")},
	}
	return l
}

// memory is what a gateway takes, in GB.
func memory(in inputs) float64 {
	return (in.at("gateway_mb") + in.at("subscribers")/in.at("gateways")*in.at("idle_stream_tls_kb")/1e3) / 1e3
}

// best is the landing that takes the fewest nodes, of all numbers of lanes there can be;
// that with the most lanes, if none fits.
func best(in inputs) (all []land, chosen land) {
	for lanes := 16; lanes <= 256; lanes *= 2 {
		l := landing(in, lanes)
		all = append(all, l)
		if !chosen.fits() || l.fits() && l.nodes < chosen.nodes {
			chosen = l
		}
	}
	return all, chosen
}

// task is the least task of Fargate that has so many vCPUs and GB; ok is false if there is
// none.
func task(cpus, gb float64) (vcpu, memory float64, ok bool) {
	for _, vcpu := range []float64{0.25, 0.5, 1, 2, 4, 8, 16} {
		if cpus <= vcpu && gb <= min(8*vcpu, 120) {
			return vcpu, max(2*vcpu, math.Ceil(gb)), true
		}
	}
	return 16, max(32, math.Ceil(gb)), false
}

// cost is what something costs in an hour.
type cost struct {
	name  string
	units string
	usd   float64
}

// costs are those of a landing.
func costs(in inputs, l land) []cost {
	const hour = 3600
	vcpu, gb, _ := task(l.gatewayCPUs, memory(in))
	tasks := in.at("gateways")
	nodes := float64(l.nodes) * in.at("redis_copies")
	sent := l.sentBytes * hour / 1e9
	across := l.redisBytes * hour / 1e9 * (in.at("zones") - 1) / in.at("zones")
	nlcu := max(in.at("subscribers")/in.at("stream_age_s")/in.at("nlcu_new_flows_s"), in.at("subscribers")/in.at("nlcu_active_flows"), sent/in.at("nlcu_gb_h"))
	return []cost{
		{"Kinesis", fmt.Sprintf("%.0f shards", in.at("shards")), in.at("shards")*in.at("kinesis_usd_shard_h") + l.events*hour/1e6*in.at("kinesis_usd_million_puts")},
		{"Lambda", fmt.Sprintf("%.0f at a time, %.0f invocations/s", l.running, l.invocations), l.billed*hour*in.at("lambda_mb")/1024*in.at("lambda_usd_gb_s") + l.invocations*hour/1e6*in.at("lambda_usd_million")},
		{"Redis", fmt.Sprintf("%.0f nodes, %d of them primaries", nodes, l.nodes), nodes * in.at("redis_usd_node_h")},
		{"between zones, Redis to gateways", fmt.Sprintf("%.0f GB/h", across), across * in.at("zone_usd_gb")},
		{"Fargate", fmt.Sprintf("%.0f tasks of %g vCPU, %g GB", tasks, vcpu, gb), tasks * (vcpu*in.at("fargate_usd_cpu_h") + gb*in.at("fargate_usd_gb_h"))},
		{"NLB", fmt.Sprintf("%.0f NLCU", nlcu), in.at("nlb_usd_h") + nlcu*in.at("nlcu_usd_h")},
		{"egress", fmt.Sprintf("%.0f GB/h", sent), sent * in.at("egress_usd_gb")},
	}
}

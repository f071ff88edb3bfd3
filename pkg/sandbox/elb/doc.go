// Package elb is Elastic Load Balancing with network load balancers that work: a listener is a TCP or TLS forwarder on
// loopback, and what it forwards to is chosen by health, zone and draining as AWS chooses.
//
// [New] makes a [Service], an http.Handler for the API (query protocol of 2015-12-01, `aws elbv2`) that can also be used
// directly: an emulator that starts targets calls [Service.RegisterTargets], [Service.DeregisterTargets], [Service.Drained] and
// [Service.TargetHealth], and waits at [Service.Changed]. [Service.Close] ends the listeners, the checks and the flows.
//
//	lb, err := elb.New(elb.Config{Region: "us-east-1", AccountID: "000000000000"})
//	defer lb.Close()
//
// What a listener does with a connection:
//   - it chooses a target by a hash of the flow among the healthy ones, and among those that are being deregistered, for as long
//     as [NewFlowsWhileDraining]: AWS is known to send them new connections for up to two minutes;
//   - if no target is healthy it fails open and chooses among all; if there is none at all, or the target refuses, the client gets
//     a reset;
//   - without cross-zone balancing the zone is chosen first, among those with a target to choose;
//   - a flow that is idle for tcp.idle_timeout.seconds (350 s; of a TLS listener always) is forgotten: who sends then gets a
//     reset;
//   - when a target becomes unhealthy its flows are reset, unless target_health_state.unhealthy.connection_termination.enabled is
//     false; when the deregistration delay is over they are, if deregistration_delay.connection_termination.enabled is true;
//   - a TLS listener shows the certificate that its ARN has when the connection comes;
//   - with proxy_protocol_v2.enabled the target gets the header first, on health checks, too.
//
// Deregistration delay, check intervals and [NewFlowsWhileDraining] pass [Config.TimeScale] times faster than on AWS. What meets
// a program's own time does not: idle timeouts, check timeouts, and how long a target that is registered anew has until failed
// checks make it unhealthy, which is the unhealthy threshold times the interval.
//
// Followed: Elastic Load Balancing API reference (2015-12-01), Network Load Balancers user guide: "Listeners", "TLS listeners",
// "Target groups", "Health checks", "Edit target group attributes", "Troubleshoot"; "PROXY protocol" specification, version 2.
//
// Actions: Create-, Delete- and DescribeLoadBalancers, -TargetGroups and -Listeners; SetSubnets, SetSecurityGroups, ModifyTargetGroup,
// ModifyListener;
// Describe- and ModifyLoadBalancerAttributes, -TargetGroupAttributes and -ListenerAttributes; RegisterTargets,
// DeregisterTargets, DescribeTargetHealth; AddTags, RemoveTags, DescribeTags. Every other one is refused by its name.
//
// Ledger, what is left out or simplified:
//   - network load balancers, listeners of TCP and TLS with one forward action, target groups of TCP with targets of type ip;
//     application and gateway load balancers, UDP, QUIC, TLS to targets, instance and ALB targets, several target groups of a
//     listener with weights, stickiness and mutual authentication are refused by name;
//   - a load balancer listens on an address that is its DNSName too, for the names that AWS would give resolve nowhere here: the first
//     on Config.Address, further ones each on a loopback address of its own. Where the machine has no such addresses they share one,
//     and two listeners of one port exclude each other;
//   - targets see the forwarder's address as the client's: preserve_client_ip.enabled is taken only if it is false, as it is by
//     default for ip targets of TCP;
//   - a connection to a listener is accepted before its target has; on AWS the target's own refusal is what a client of a TCP
//     listener meets;
//   - security groups and subnets are kept and shown, and filter nothing; zones come from Config.Zone;
//   - the header of the PROXY protocol carries no extensions; a security policy decides the TLS versions, while the suites are
//     those of Go;
//   - nothing is kept after the process ends.
//
// All methods may be called by several goroutines at once.
package elb

package elb

import "time"

const (
	// MaxLoadBalancers is AWS's quota of network load balancers of a region.
	MaxLoadBalancers = 50
	// MaxTargetGroups is AWS's quota of target groups of a region.
	MaxTargetGroups = 3000
	// MaxListeners is AWS's quota of listeners of a load balancer.
	MaxListeners = 50
	// MaxTargets is AWS's quota of targets of a target group of a network load balancer, per zone.
	MaxTargets = 500
	// MaxFlows bounds the connections of a listener: a laptop has some ten thousand file descriptors, and a flow takes two. A
	// connection beyond it is reset.
	MaxFlows = 20_000
	// MaxTags is AWS's quota of tags of a resource.
	MaxTags = 50

	// NewFlowsWhileDraining is how long a target that is being deregistered still gets new connections. AWS gives no figure; its
	// load balancers were seen to do it for up to about two minutes.
	NewFlowsWhileDraining = 110 * time.Second
	// DefaultIdleTimeout is the idle timeout of a listener, and the only one of a TLS listener.
	DefaultIdleTimeout = 350 * time.Second

	// dialTimeout bounds the connection to a target.
	dialTimeout = 5 * time.Second
	// handshakeTimeout bounds a client's TLS handshake, which holds a place among the flows.
	handshakeTimeout = 10 * time.Second
	// maxRequestBytes bounds a request of the API.
	maxRequestBytes = 1 << 20
	// maxName is the longest name of a load balancer or target group.
	maxName = 32
	// pageSize is how many resources a page has, as on AWS.
	pageSize = 400
	// downBytes and upBytes are the buffers of a flow's two directions: from the target comes what is much.
	downBytes, upBytes = 16 << 10, 4 << 10
)

package servicediscovery

import "time"

const (
	// MaxNamespaces is AWS's quota of namespaces in a region.
	MaxNamespaces = 50
	// MaxServices bounds the services of all namespaces; AWS has no quota but that of a hosted zone's records, 10,000.
	MaxServices = 1000
	// MaxInstances is AWS's quota of instances of a service.
	MaxInstances = 1000
	// MaxConnections bounds the connections that are handed on at a time: each is two sockets of this machine.
	MaxConnections = 5000

	// maxPage is the largest page of a list, and its default size, as on AWS.
	maxPage = 100
	// maxRequestBytes bounds a request of the API.
	maxRequestBytes = 1 << 20
	// dialTimeout bounds the wait for an instance, which is on this machine.
	dialTimeout = 5 * time.Second
	// acceptPause is the pause after a connection could not be taken, as for want of file descriptors.
	acceptPause = 100 * time.Millisecond
	// addressTries is how many addresses are tried for a service.
	addressTries = 10
	// addressBits are how many bits of 127.128.0.0/10 tell services apart.
	addressBits = 22
)

// Balancer gives connections to gateways in turn: it stands in for the Network Load Balancer where a stack runs in
// containers; see package balancer. On SIGTERM or SIGINT it cuts what is open and stops. Started as "balancer health", with the
// same variables, it tells by its exit status whether a gateway is ready behind it.
//
// Environment variables; all that is wrong with them is told at once:
//
//	SPILLWAY_BALANCER_LISTEN         address for subscribers (default 127.0.0.1:8443)
//	SPILLWAY_BALANCER_TARGET         host:port of the gateways, a name with the address of each (default gateway:8443)
//	SPILLWAY_BALANCER_ADMIN_LISTEN   address for operators (default 127.0.0.1:8081)
//	SPILLWAY_BALANCER_ADMIN_TARGET   host:port of the gateways' health and metrics, of which each connection gets the next
//	                                 one's (default gateway:8081)
//	SPILLWAY_BALANCER_PROXY_PROTOCOL true tells the gateways the addresses of subscribers by the PROXY protocol, as
//	                                 SPILLWAY_PROXY_PROTOCOL of theirs wants it (default true)
//	SPILLWAY_BALANCER_LOG_LEVEL      debug, info, warn or error (default info)
package main

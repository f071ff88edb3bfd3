// Provision prepares a stack in containers and deploys to it; compose.yaml runs it once each way:
//
//	provision prepare    writes what the other containers are configured from, as far as it is not there
//	provision deploy     deploys deploy/data.yaml, then writes how customers reach the stack
//
// Environment variables; all that is wrong with them is told at once:
//
//	SPILLWAY_PROVISION_DIR        directory that the containers share (default /spillway)
//	SPILLWAY_PROVISION_HOST_DIR   where the host has it, for the paths in what customers read (default .spillway)
//	SPILLWAY_PROVISION_AWS        URL of the AWS endpoint (default http://aws:4566)
//	SPILLWAY_PROVISION_REDIS      URL of Redis, for the consumer (default redis://redis:6379)
//	SPILLWAY_PROVISION_BOOTSTRAP  the consumer's program (default /bootstrap)
//	SPILLWAY_PROVISION_TIMEOUT    what a deployment may take (default 5m)
//	SPILLWAY_PROVISION_LOG_LEVEL  the consumer's: debug, info, warn or error (default info)
//	SPILLWAY_PORT_AWS, _GATEWAY, _ADMIN, _COGNITO, _REDIS  where the host reaches the stack, as for mage up
package main

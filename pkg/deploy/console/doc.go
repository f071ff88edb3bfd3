// Package console is what an operator deploys with: the work behind mage plan, deploy, drift, destroy and outputs.
//
// [Open] reads the settings and finds the account; then [Console] has a method for each command. Settings come from three places,
// the later one winning: defaults, a YAML file, the environment. Mistakes are told together.
//
//	SPILLWAY_DEPLOY_FILE          the YAML file (default: none), see [Settings]
//	SPILLWAY_DEPLOY_STACK         the stack's name (default spillway)
//	SPILLWAY_DEPLOY_TEMPLATE      which of the templates, without .yaml (default all-steps)
//	SPILLWAY_DEPLOY_ACCOUNT       the only account that is accepted (default: that of the credentials)
//	SPILLWAY_DEPLOY_ARCHITECTURE  arm64 or x86_64 (default arm64; at an endpoint on this machine, the machine's own)
//	SPILLWAY_DEPLOY_BINARIES      directory of built programs, ARCH/gateway and ARCH/bootstrap with Go's names for ARCH (default: they are built)
//	SPILLWAY_PARAMETER_NAME       the template's parameter NAME
//	SPILLWAY_CLIENT_ID, SPILLWAY_CLIENT_SECRET, SPILLWAY_CA_FILE
//	                              who the smoke test is, as for the command line tool (default: the operator's client, without its
//	                              secret, so that there is no smoke test)
//
// Where to deploy is what AWS's own variables say: AWS_ENDPOINT_URL, AWS_PROFILE, AWS_REGION and others; without a region it is
// us-east-1. An endpoint on this machine is spoken to with made-up credentials if there are none.
//
// On a terminal there are colours and a line that tells what is under way; otherwise there are plain lines. It is for one
// goroutine.
package console

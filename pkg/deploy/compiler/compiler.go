// Package compiler says how the programs that are deployed are built: the same source makes the same bytes, whoever builds it, for a
// laptop, a container or the cloud.
//
// [Arguments] and [Environment] are for the go command; this package runs nothing. It may be used concurrently.
package compiler

import "slices"

const (
	// GatewayTags are the build tags of the gateway, and of what is built with it. Without them, grpc-go brings in
	// golang.org/x/net/trace and so html/template, for which the linker has to keep every method of every type: a gateway of 31 MB
	// and not of 21.
	GatewayTags = "grpcnotrace"
	// ConsumerTags are those of the consumer, which has no use for Lambda's old protocol.
	ConsumerTags = "lambda.norpc"
)

// Arguments are those of a go command that builds sources with tags to output, a file, or a directory if it ends in a slash. What is
// built follows from the source alone: no path, no state of the checkout.
func Arguments(tags, output string, sources ...string) []string {
	return append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-tags", tags, "-o", output}, sources...)
}

// Environment is environ for programs that need no libraries, of an operating system and an architecture in Go's words.
func Environment(environ []string, system, architecture string) []string {
	return append(slices.Clone(environ), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
}

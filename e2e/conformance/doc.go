// Conformance sends the same requests to the sandbox's Kinesis, to moto_server and
// to kinesis-local (the engine inside LocalStack), and prints who answers other than
// AWS, and how fast each takes records.
//
//	go run ./conformance [-requests DIR] [-kinesis-local main.js] [-load 5s] [-out FILE] [-all]
//
// The requests and AWS's answers are those of the emulator's own tests, in
// pkg/sandbox/kinesis/testdata: bad and edge ones, each with its source. kinesis-local
// is installed by npm into a temporary directory unless its main.js is given; moto_server
// must be installed. What cannot be started is told, and the others are compared.
//
// It fails if the sandbox answers any request other than AWS. Everything listens on
// loopback, and is ended with the program.
package main

// Package images makes the images of a stack in containers, without a registry: [Build] those of our own programs, the very
// binaries that go to Fargate; [BuildRedis] one of the redis-server that is installed.
//
// Ours are made from nothing by package image and are called spillway/NAME:local. They are not pushed anywhere. Both functions
// may be called concurrently with different directories.
package images

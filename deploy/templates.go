// Package templates carries the CloudFormation templates that Spillway is deployed from, so that a deployer needs no checkout.
//
// Data is the data path: stream, consumer, failure bucket. The templates are the same for a local cloud and for AWS.
// The package holds text and does nothing.
package templates

import _ "embed"

// Data is the template of the data path, in YAML.
//
//go:embed data.yaml
var Data string

// Package templates carries the CloudFormation templates that Spillway is deployed from, so that a deployer needs no checkout.
//
// Data is the data path alone: stream, consumer, failure bucket. AllSteps is everything; it nests the templates that Nested
// has, Data among them, and reads them from where its parameter TemplateUrl says. The templates are the same for a local cloud
// and for AWS; docs/deploy.md tells what they make. The package holds text and does nothing.
package templates

import "embed"

// Data is the template of the data path, in YAML.
//
//go:embed data.yaml
var Data string

// AllSteps is the root template, in YAML.
//
//go:embed all-steps.yaml
var AllSteps string

// Nested has the templates that AllSteps nests, by the file names that it knows them by.
//
//go:embed network.yaml cognito.yaml gateway.yaml data.yaml watch.yaml
var Nested embed.FS

// All has every template by its file name, AllSteps among them.
//
//go:embed *.yaml
var All embed.FS

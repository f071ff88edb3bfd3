package main

import "context"

// part is one thing that is measured.
type part struct {
	name string
	run  func(ctx context.Context, b *bench) error
}

// parts are all of them, in their order.
func parts() []part {
	return []part{
		{"fanout", fanout}, {"small", small}, {"calm", calm}, {"busy", busy}, {"idle", idle}, {"ingest", ingestion}, {"replay", replay}, {"beside", beside},
		{"topics", topics}, {"views", views}, {"idlers", idlers}, {"gateways", gateways}, {"cluster", cluster}, {"linger", lingers}, {"kinesis", kinesisToClient},
	}
}

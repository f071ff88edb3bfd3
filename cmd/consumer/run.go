package main

import (
	"io"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/ingest"
	"github.com/spillway/spillway/pkg/ingest/settings"
)

const variablePrefix = "SPILLWAY_"

// run sets the function up and hands its handler to start, which returns only in
// tests: Lambda ends a function by killing it.
func run(environ []string, stdout, stderr io.Writer, start func(*ingest.Handler)) error {
	var s settings.Consumer
	mistakes := config.Load(&s, environ)
	// The keys that Lambda's own log settings look for.
	logger := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: s.LogLevel, ReplaceAttr: lambdacontext.ReplaceAttr}))
	for _, name := range config.Unknown(environ, variablePrefix, &s) {
		logger.Warn("unknown variable", "name", name)
	}
	if mistakes != nil {
		return mistakes // after the warnings: a misspelt variable explains a missing one
	}
	eventlog.LogTo(logger)
	cfg := s.EventLog()
	cfg.Governs = true // a changed retention or budget takes effect with the next deployment
	log, err := eventlog.Open(cfg)
	if err != nil {
		return err
	}
	start(ingest.New(ingest.Config{Route: s.Route, Log: log, Logger: logger, Metrics: stdout}))
	return log.Close()
}

func startLambda(h *ingest.Handler) { lambda.StartWithOptions(h) }

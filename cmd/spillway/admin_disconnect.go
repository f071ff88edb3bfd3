package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/eventlog"
)

func (p *program) disconnectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "disconnect CLIENT_ID",
		Short: "End a client's streams, and refuse the tokens that it has",
		Long: `Take back every token that was issued to a client until now: all gateways end its streams within seconds, and
refuse those tokens from then on. A new token lets it in again; to keep it out, delete the client or its secret in
Cognito before, or put it on the deny list of the gateways' policy.

Gateways learn of it by the event log's Redis, which is given by SPILLWAY_REDIS_URL and, if it is not spillway,
SPILLWAY_LOG_NAME. If that Redis loses its data within a day, gateways that start afterwards accept the tokens again,
until they expire.`,
		Example: `  SPILLWAY_REDIS_URL=redis://127.0.0.1:16379 spillway admin disconnect 1h57kf5cpq17m0eml12EXAMPLE`,
		RunE:    func(cmd *cobra.Command, args []string) error { return p.disconnect(cmd, args) },
	}
}

// logSettings say which event log.
type logSettings struct {
	RedisURL string `env:"SPILLWAY_REDIS_URL,required"`
	LogName  string `env:"SPILLWAY_LOG_NAME" envDefault:"spillway"`
}

func (p *program) disconnect(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("%s wants one client id, has %d", cmd.CommandPath(), len(args))}
	}
	var s logSettings
	var environ []string
	for _, name := range config.Names(&s) {
		environ = append(environ, name+"="+p.getenv(name))
	}
	if err := config.Load(&s, environ); err != nil {
		return usageError{err}
	}
	log, err := eventlog.Open(eventlog.Config{URL: s.RedisURL, Name: s.LogName})
	if err != nil {
		return usageError{err}
	}
	until, err := log.Revoke(cmd.Context(), args[0])
	if err = errors.Join(err, log.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "tokens that were issued to %s until %s are refused; its streams end within seconds\n", args[0], until.UTC().Format(time.RFC3339))
	return err
}

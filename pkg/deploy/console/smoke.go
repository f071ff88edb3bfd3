package console

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/deploy/smoke"
	"github.com/spillway/spillway/pkg/produce"
)

// What the smoke test does by default: a record that no route makes a topic of, which only the operator reads. A partition key with a
// blank is no topic, and the data has nothing that a route could be made of.
const (
	unroutedPattern = "$spillway.unrouted"
	unroutedKey     = "spillway smoke test"
	unroutedData    = `{"spillway_smoke_test":"` + smoke.ID + `"}`
)

// smoke proves that what was deployed works, or says why that was not tried.
func (c *Console) smoke(ctx context.Context, out deploy.Outputs) error {
	s, record, d := c.settings, c.settings.Smoke, c.deployment(out)
	if record.Pattern == "" {
		record.Pattern, record.Key, record.Data = unroutedPattern, unroutedKey, unroutedData
	}
	test := smoke.Test{
		Client: client.Config{
			Endpoint: d.Endpoint, CAFile: d.CAFile,
			Credentials: client.Credentials{ClientID: cmp.Or(s.clientID, out["UserPoolClientId"]), ClientSecret: s.clientSecret, TokenURL: d.TokenURL},
		},
		Stream: out["KinesisStreamName"], Pattern: record.Pattern, Key: cmp.Or(record.Key, record.Pattern), Data: record.Data,
	}
	for _, need := range []struct{ name, value string }{
		{"a gateway: the stack's ELBURL or smoke.endpoint", test.Client.Endpoint}, {"a stream: the stack's KinesisStreamName", test.Stream},
		{"a token URL: the stack's DomainEndpoint or smoke.tokenUrl", test.Client.Credentials.TokenURL},
		{"a client: the stack's UserPoolClientId or SPILLWAY_CLIENT_ID", test.Client.Credentials.ClientID},
		{"the client's secret: SPILLWAY_CLIENT_SECRET", s.clientSecret},
	} {
		if need.value == "" {
			c.say("No smoke test: it needs %s.", need.name)
			return nil
		}
	}
	kinesis, err := produce.NewKinesis(ctx, produce.Endpoint{URL: c.target.Endpoint, Region: c.target.Region, Dummy: local(c.target.Endpoint)})
	if err != nil {
		return fmt.Errorf("smoke test: %w", err)
	}
	test.Kinesis = kinesis
	r, err := smoke.Run(ctx, test)
	if err != nil {
		return err
	}
	c.say("Smoke test: subscribed in %s; a record came as %s after %s.", r.Subscribed.Round(time.Millisecond), r.Topic, r.Arrived.Round(time.Millisecond))
	return nil
}

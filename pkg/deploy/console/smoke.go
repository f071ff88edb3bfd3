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

// smoke proves that what was deployed works, or says why that was not tried.
func (c *Console) smoke(ctx context.Context, out deploy.Outputs) error {
	s := c.settings
	test := smoke.Test{
		Client: client.Config{
			Endpoint: cmp.Or(s.Smoke.Endpoint, out["ELBURL"]), CAFile: s.caFile,
			Credentials: client.Credentials{ClientID: s.clientID, ClientSecret: s.clientSecret, TokenURL: cmp.Or(s.Smoke.TokenURL, out["DomainEndpoint"])},
		},
		Stream: out["KinesisStreamName"], Pattern: s.Smoke.Pattern, Key: cmp.Or(s.Smoke.Key, s.Smoke.Pattern), Data: s.Smoke.Data,
	}
	for _, need := range []struct{ name, value string }{
		{"a customer: SPILLWAY_CLIENT_ID", s.clientID}, {"a customer's secret: SPILLWAY_CLIENT_SECRET", s.clientSecret},
		{"smoke.pattern and smoke.data in the settings' file", s.Smoke.Pattern}, {"a gateway: the stack's ELBURL or smoke.endpoint", test.Client.Endpoint},
		{"a token URL: the stack's DomainEndpoint or smoke.tokenUrl", test.Client.Credentials.TokenURL}, {"a stream", test.Stream},
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

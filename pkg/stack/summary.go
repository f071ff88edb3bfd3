package stack

import (
	"fmt"
	"slices"
	"strings"
)

// sample is a record as a weather station would send it.
const sample = `{"station":"ny-albany","state":"ny","temperature_f":71.5}`

// summary tells how to reach a stack and what to try first. The secret is shown where a user has asked for credentials,
// not where the output may go into some log.
func (s *Stack) summary(r record, redisKind string, secret bool) {
	e := r.Endpoints
	first := r.Customers[0]
	creds := e.Customers[first]
	s.say("  AWS endpoint     %s  (region %s, any credentials)", e.AWS, e.Region)
	s.say("  Kinesis stream   %s", e.Stream)
	s.say("  gateway          %s  (gRPC with TLS; authority: %s)", e.Gateway, s.shown(e.CAFile))
	s.say("  policy           %s  (who may not come in, filters of grants; edit it)", s.shown(s.path(policyFile)))
	s.say("  health, metrics  %s/readyz  %s/metrics", e.Admin, e.Admin)
	s.say("  tokens           %s", e.TokenURL)
	s.say("  Redis            %s  (%s)", e.Redis, redisKind)
	s.say("")
	s.say("Customer %s may read %s:", first, strings.Join(patterns(creds.Scopes), ", "))
	s.say("  client id        %s", creds.ClientID)
	if secret {
		s.say("  client secret    %s", creds.Secret)
	}
	s.say("They are in %s, where spillway finds them. Other customers (%s) have files", s.shown(s.path(propertiesFile)), strings.Join(r.Customers[1:], ", "))
	s.say("in %s: spillway --config FILE.", s.shown(s.path(customersDir)))
	s.say("")
	s.say("Subscribe in one terminal, put records in another:")
	for _, line := range s.examples(e) {
		s.say("  %s", line)
	}
}

// examples are lines to paste into a terminal in the checkout.
func (s *Stack) examples(e Endpoints) []string {
	run := "go run ./cmd/spillway "
	config := ""
	if s.shown(s.path(propertiesFile)) != defaultDir+"/"+propertiesFile {
		config = " --config " + s.shown(s.path(propertiesFile))
	}
	return []string{
		run + "subscribe" + config + " 'weather.us.ny'",
		// fileb:// means the bytes as they are to every version of the AWS CLI; --data 'text' is text to version 1 and
		// base64 to version 2.
		fmt.Sprintf("echo '%s' | AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s aws --endpoint-url %s --region %s kinesis put-record --stream-name %s --partition-key ny-albany --data fileb:///dev/stdin",
			sample, localCredentials, localCredentials, e.AWS, e.Region, e.Stream),
		run + "produce" + config + " --generate weather --rate 20",
	}
}

// patterns are scopes without their resource server.
func patterns(scopes []string) []string {
	list := slices.Clone(scopes)
	for i := range list {
		list[i] = strings.TrimPrefix(list[i], ResourceServer+"/")
	}
	return list
}

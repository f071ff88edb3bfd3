package main

import (
	"errors"
	"fmt"

	"github.com/spillway/spillway/pkg/config"
	consumersettings "github.com/spillway/spillway/pkg/ingest/settings"
)

// consumerSettings reads the consumer's variables, first from the environment, then
// from the function's, if there is one.
func consumerSettings(getenv func(string) string, function map[string]string) (*consumersettings.Consumer, []error) {
	consumer := &consumersettings.Consumer{}
	var environ []string
	for _, name := range config.Names(consumer) {
		value := getenv(name)
		if value == "" {
			value = function[name]
		}
		environ = append(environ, name+"="+value)
	}
	var mistakes []error
	if function == nil && getenv("SPILLWAY_ROUTE") == "" {
		mistakes = append(mistakes, errors.New("SPILLWAY_ROUTE: is required without --function; it is the consumer's, also where that is {partition_key}"))
	}
	if err := config.Load(consumer, environ); err != nil {
		told, ok := errors.AsType[*config.Error](err)
		if !ok {
			return consumer, append(mistakes, err)
		}
		for _, m := range told.Mistakes {
			mistakes = append(mistakes, fmt.Errorf("%s", m))
		}
	}
	return consumer, mistakes
}

// lambdaURL returns where Lambda is, if that is not AWS's own: where Kinesis is, unless
// a variable speaks of one of the two alone.
func lambdaURL(c *settings) string {
	flag := c.cmd.Flag(settingKinesis.places().flag)
	if url := c.getenv("AWS_ENDPOINT_URL_LAMBDA"); url != "" && !flag.Changed {
		return url
	}
	if url := c.getenv("AWS_ENDPOINT_URL"); url != "" && !flag.Changed {
		return url
	}
	if c.getenv("AWS_ENDPOINT_URL_KINESIS") != "" && !flag.Changed {
		return ""
	}
	return c.get(settingKinesis)
}

// Package config reads a program's configuration from environment variables and
// tells all mistakes at once.
//
// A program describes its variables as the fields of one flat struct, with the tags
// of github.com/caarlos0/env, and calls [Load]:
//
//	type settings struct {
//		RedisURL string       `env:"SPILLWAY_REDIS_URL,required"`
//		Lanes    int          `env:"SPILLWAY_LANES" envDefault:"16"`
//		Route    ingest.Route `env:"SPILLWAY_ROUTE" envDefault:"{partition_key}"`
//	}
//
//	var s settings
//	err := config.Load(&s, os.Environ())
//	for _, name := range config.Unknown(os.Environ(), "SPILLWAY_", &s) {
//		logger.Warn("unknown variable", "name", name)
//	}
//
// A type with UnmarshalText checks its own value; rules that a type cannot hold go
// into a method Validate (see [Validator]).
//
// The package reads no flags and no files. An error repeats the value of a field
// that does not parse: a secret belongs into a string field, which always parses.
// Its functions are safe to call concurrently.
package config

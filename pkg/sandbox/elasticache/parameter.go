package elasticache

import "regexp"

// parameter is what is known of a parameter: which values it may have, and what Redis does without it.
type parameter struct {
	values *regexp.Regexp
	// standard is ElastiCache's default, which a cache has again when its group no longer names the parameter. Empty is what
	// Redis has no parameter for: it is taken, and does nothing.
	standard string
}

// parameters are those of Valkey 7 and 8 and of Redis 6 and 7 that Redis itself has in common with them, by name.
func parameters() map[string]parameter {
	number := regexp.MustCompile(`^[0-9]{1,18}$`)
	yesNo := regexp.MustCompile(`^(yes|no)$`)
	return map[string]parameter{
		"maxmemory-policy": {
			regexp.MustCompile(`^(volatile-lru|allkeys-lru|volatile-lfu|allkeys-lfu|volatile-random|allkeys-random|volatile-ttl|noeviction)$`), "volatile-lru",
		},
		"maxmemory-samples":             {number, "3"},
		"timeout":                       {number, "0"},
		"tcp-keepalive":                 {number, "300"},
		"notify-keyspace-events":        {regexp.MustCompile(`^[KEg$lshzxetdmnA]*$`), ""},
		"slowlog-log-slower-than":       {regexp.MustCompile(`^-?[0-9]{1,18}$`), "10000"},
		"slowlog-max-len":               {number, "128"},
		"lazyfree-lazy-eviction":        {yesNo, "yes"},
		"lazyfree-lazy-expire":          {yesNo, "yes"},
		"lazyfree-lazy-server-del":      {yesNo, "yes"},
		"lazyfree-lazy-user-del":        {yesNo, "yes"},
		"hash-max-listpack-entries":     {number, "512"},
		"hash-max-listpack-value":       {number, "64"},
		"zset-max-listpack-entries":     {number, "128"},
		"zset-max-listpack-value":       {number, "64"},
		"stream-node-max-bytes":         {number, "4096"},
		"stream-node-max-entries":       {number, "100"},
		"list-max-listpack-size":        {regexp.MustCompile(`^-?[0-9]{1,9}$`), "-2"},
		"cluster-enabled":               {yesNo, ""},
		"cluster-allow-reads-when-down": {yesNo, ""},
		"reserved-memory-percent":       {number, ""},
		"cluster-require-full-coverage": {yesNo, ""},
	}
}

// defaults are the parameters of a cache without a group.
func defaults() map[string]string {
	all := map[string]string{}
	for name, p := range parameters() {
		if p.standard != "" {
			all[name] = p.standard
		}
	}
	all["notify-keyspace-events"] = ""
	return all
}

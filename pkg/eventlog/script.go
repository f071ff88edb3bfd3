package eventlog

import (
	"context"
	_ "embed"
	"strings"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

//go:embed entry.lua
var entryScript string

//go:embed ordinary.lua
var ordinaryScript string

//go:embed lane.lua
var laneScript string

//go:embed append.lua
var appendScript string

//go:embed refill.lua
var refillScript string

//go:embed report.lua
var reportScript string

//go:embed trim.lua
var trimScript string

// scripts are those of a lane. Each begins with what they have in common.
type scripts struct{ append, refill, report, trim *script }

func newScripts() scripts {
	lane := func(src ...string) *script {
		return &script{Script: redis.NewScript(entryScript + strings.Join(src, ""))}
	}
	return scripts{
		append: lane(ordinaryScript, laneScript, appendScript),
		refill: lane(laneScript, refillScript),
		report: lane(laneScript, reportScript),
		trim:   lane(laneScript, trimScript),
	}
}

// script is one that is sent whole once, and by its hash from then on.
type script struct {
	*redis.Script
	loaded atomic.Bool // by what this Log knows; NOSCRIPT tells otherwise
}

// call puts a call of the script into a pipeline. whole is what loaded was before.
func (s *script) call(ctx context.Context, pipe redis.Pipeliner, whole bool, keys []string, args []any) *redis.Cmd {
	if whole {
		return s.Eval(ctx, pipe, keys, args...)
	}
	return s.EvalSha(ctx, pipe, keys, args...)
}

package eventlog

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// clientLogInterval is the time between two lines about connections: of a Redis that is
// away, a process would write a dozen a second, all the same.
const clientLogInterval = 10 * time.Second

// LogTo sends what the Redis client has to say of its connections to log, for the whole
// process, at most one line in ten seconds; call it once, at the start.
func LogTo(log *slog.Logger) { redis.SetLogger(&clientLogger{log: log}) }

type clientLogger struct {
	log *slog.Logger

	mu     sync.Mutex // guards what follows
	next   time.Time  // no line before it
	untold int        // since the last line
}

// Printf implements the client's logger. The client speaks of connections only,
// never of commands or their arguments.
func (l *clientLogger) Printf(ctx context.Context, format string, v ...any) {
	l.mu.Lock()
	now := time.Now()
	if now.Before(l.next) {
		l.untold++
		l.mu.Unlock()
		return
	}
	untold := l.untold
	l.next, l.untold = now.Add(clientLogInterval), 0
	l.mu.Unlock()
	l.log.WarnContext(ctx, "redis client", "detail", fmt.Sprintf(format, v...), "untold_before", untold)
}

package autoscaling

import "time"

const (
	// MaxTargets bounds the scalable targets; AWS's quota for ECS is 3,000.
	MaxTargets = 200
	// MaxPolicies is AWS's quota of policies of a scalable target.
	MaxPolicies = 50
	// MaxActivities bounds the activities that are shown, the latest; AWS shows those of six weeks.
	MaxActivities = 500
	// MaxSeries bounds the metrics that are kept, so that no program can fill the memory with names.
	MaxSeries = 1000

	// period is the minute of CloudWatch: programs write their metrics in it, so it is not scaled.
	period = time.Minute
	// highPeriods and lowPeriods are how many minutes on end a metric must be beyond the bounds, as of the alarms that AWS makes.
	highPeriods, lowPeriods = 3, 15
	// lowShare is the part of the target below which a metric is low.
	lowShare = 0.9
	// defaultCooldown is that of ECS, both ways.
	defaultCooldown = 300 * time.Second
	// maxRequestBytes bounds a request of the API.
	maxRequestBytes = 1 << 20
	// maxLineBytes is the longest line that is looked at for metrics, CloudWatch's own for an event.
	maxLineBytes = 1 << 20
)

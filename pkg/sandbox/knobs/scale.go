package knobs

import "time"

// DefaultTimeScale is how many times faster than on AWS the waits of an emulated service pass. With it a load balancer's
// deregistration delay of 120 s takes 2 s and its health checks every 10 s come six times a second, so that a rolling update is
// over in seconds while the template keeps the cloud's figures; the order of what happens stays the same.
const DefaultTimeScale Scale = 60

// Scale is how many times faster than on AWS the waits of an emulated service pass; 1 is AWS's own pace.
//
// It is for what the service decides to wait for. What a program does or takes in its own time, as the grace that it has to
// stop or the silence between two heartbeats, must not be scaled.
type Scale float64

// Of is how long d takes at this scale. The zero value is [DefaultTimeScale].
func (s Scale) Of(d time.Duration) time.Duration {
	if s <= 0 {
		s = DefaultTimeScale
	}
	return time.Duration(float64(d) / float64(s))
}

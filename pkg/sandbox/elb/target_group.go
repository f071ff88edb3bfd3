package elb

import (
	"fmt"
	"strconv"
	"strings"
)

// targetGroup is a target group. Guarded by Service.mu.
type targetGroup struct {
	TargetGroup
	attributes attributes
	targets    map[targetKey]*target
	matches    []codeRange // of HealthCheck.Matcher
}

// attached tells whether a listener forwards to it.
func (g *targetGroup) attached() bool { return len(g.LoadBalancerArns) > 0 }

// TargetGroup is what the API shows of a target group.
type TargetGroup struct {
	TargetGroupArn  string
	TargetGroupName string
	Protocol        string
	Port            int
	VpcId           string
	HealthCheck
	LoadBalancerArns []string `xml:"LoadBalancerArns>member"`
	TargetType       string
	IpAddressType    string
}

// HealthCheck are the settings of the health checks of a target group. Durations are in seconds.
type HealthCheck struct {
	HealthCheckProtocol        string
	HealthCheckPort            string
	HealthCheckEnabled         bool
	HealthCheckIntervalSeconds int
	HealthCheckTimeoutSeconds  int
	HealthyThresholdCount      int
	UnhealthyThresholdCount    int
	HealthCheckPath            string `xml:",omitempty"`
	Matcher                    *Matcher
}

// Matcher says which answers of HTTP are healthy, as 200-399 or 200,204.
type Matcher struct{ HttpCode string }

// HealthCheckInput are those settings where a request gives them; nil keeps what is.
type HealthCheckInput struct {
	HealthCheckProtocol        *string
	HealthCheckPort            *string
	HealthCheckEnabled         *bool
	HealthCheckIntervalSeconds *int
	HealthCheckTimeoutSeconds  *int
	HealthyThresholdCount      *int
	UnhealthyThresholdCount    *int
	HealthCheckPath            *string
	Matcher                    struct{ HttpCode string }
}

// The defaults of the API reference, for target groups of TCP.
const (
	defaultCheckInterval = 30
	defaultHealthy       = 5
	defaultUnhealthy     = 2
	tcpCheckTimeout      = 10
	httpCheckTimeout     = 6
	trafficPort          = "traffic-port"
	defaultMatch         = "200-399"
)

func newHealthCheck() HealthCheck {
	return HealthCheck{
		HealthCheckProtocol: "TCP", HealthCheckPort: trafficPort, HealthCheckEnabled: true, HealthCheckIntervalSeconds: defaultCheckInterval,
		HealthyThresholdCount: defaultHealthy, UnhealthyThresholdCount: defaultUnhealthy,
	}
}

// with returns the settings after a request has changed some.
func (h HealthCheck) with(in HealthCheckInput) (HealthCheck, []codeRange, *Error) {
	before := h.HealthCheckProtocol
	given(&h.HealthCheckProtocol, in.HealthCheckProtocol)
	given(&h.HealthCheckPort, in.HealthCheckPort)
	given(&h.HealthCheckEnabled, in.HealthCheckEnabled)
	given(&h.HealthCheckIntervalSeconds, in.HealthCheckIntervalSeconds)
	given(&h.HealthyThresholdCount, in.HealthyThresholdCount)
	given(&h.UnhealthyThresholdCount, in.UnhealthyThresholdCount)
	if before != h.HealthCheckProtocol {
		h.HealthCheckTimeoutSeconds, h.HealthCheckPath, h.Matcher = 0, "", nil
	}
	given(&h.HealthCheckTimeoutSeconds, in.HealthCheckTimeoutSeconds)
	given(&h.HealthCheckPath, in.HealthCheckPath)
	if in.Matcher.HttpCode != "" {
		h.Matcher = &Matcher{in.Matcher.HttpCode}
	}
	return h.complete()
}

// given sets what a request gives.
func given[T any](dst, src *T) {
	if src != nil {
		*dst = *src
	}
}

// complete fills in what depends on the protocol, and holds to the rules of the API reference.
func (h HealthCheck) complete() (HealthCheck, []codeRange, *Error) {
	isHTTP := h.HealthCheckProtocol == "HTTP" || h.HealthCheckProtocol == "HTTPS"
	switch {
	case isHTTP:
		h.httpDefaults()
	case h.HealthCheckPath != "" || h.Matcher != nil:
		return h, nil, errorf(CodeInvalidConfiguration, "You cannot specify a health check path or matcher for a target group with a health check protocol of '%s'", h.HealthCheckProtocol)
	case h.HealthCheckTimeoutSeconds == 0:
		h.HealthCheckTimeoutSeconds = tcpCheckTimeout
	}
	port, err := strconv.Atoi(h.HealthCheckPort)
	for _, rule := range []struct {
		broken bool
		text   string
	}{
		{!isHTTP && h.HealthCheckProtocol != "TCP", fmt.Sprintf("Health check protocol '%.20s' must be one of 'TCP, HTTP, HTTPS'", h.HealthCheckProtocol)},
		{h.HealthCheckPort != trafficPort && (err != nil || port < 1 || port > 65535), fmt.Sprintf("Health check port '%.20s' must be '%s' or a number between 1 and 65535", h.HealthCheckPort, trafficPort)},
		{!h.HealthCheckEnabled, "Health check enabled must be true for target groups with target type 'ip'"},
		{h.HealthCheckIntervalSeconds < 5 || h.HealthCheckIntervalSeconds > 300, "Health check interval must be between 5 and 300"},
		{h.HealthCheckTimeoutSeconds < 2 || h.HealthCheckTimeoutSeconds > 120, "Health check timeout must be between 2 and 120"},
		{h.HealthyThresholdCount < 2 || h.HealthyThresholdCount > 10, "Healthy threshold count must be between 2 and 10"},
		{h.UnhealthyThresholdCount < 2 || h.UnhealthyThresholdCount > 10, "Unhealthy threshold count must be between 2 and 10"},
		{h.HealthCheckPath != "" && !strings.HasPrefix(h.HealthCheckPath, "/"), "Health check path must begin with '/'"},
	} {
		if rule.broken {
			return h, nil, errorf(CodeValidation, "%s", rule.text)
		}
	}
	if h.Matcher == nil {
		return h, nil, nil
	}
	codes, e := parseCodes(h.Matcher.HttpCode)
	return h, codes, e
}

func (h *HealthCheck) httpDefaults() {
	if h.HealthCheckPath == "" {
		h.HealthCheckPath = "/"
	}
	if h.Matcher == nil {
		h.Matcher = &Matcher{defaultMatch}
	}
	if h.HealthCheckTimeoutSeconds == 0 {
		h.HealthCheckTimeoutSeconds = httpCheckTimeout
	}
}

// codeRange are statuses of HTTP from low to high.
type codeRange struct{ low, high int }

func parseCodes(text string) ([]codeRange, *Error) {
	var out []codeRange
	for part := range strings.SplitSeq(text, ",") {
		low, high, ok := strings.Cut(part, "-")
		if !ok {
			high = low
		}
		a, errA := strconv.Atoi(low)
		b, errB := strconv.Atoi(high)
		if errA != nil || errB != nil || a < 200 || b > 599 || a > b {
			return nil, invalid("Health check matcher HTTP code '%.40s' must be within '200-599'", text)
		}
		out = append(out, codeRange{a, b})
	}
	return out, nil
}

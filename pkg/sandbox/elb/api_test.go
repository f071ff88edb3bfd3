package elb

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRefusals: what a request gets that cannot be done, by code and text.
func TestRefusals(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "TCP")
	_, port, _ := strings.Cut(f.address, ":")
	group := "Action=CreateTargetGroup&Name=g&VpcId=v&Port=1&TargetType=ip&Protocol=TCP"
	listener := "Action=CreateListener&LoadBalancerArn=" + f.balancer + "&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn=" + f.group
	for name, tt := range map[string]struct{ form, want string }{
		"unknown action":          {"Action=CreateRule", `InvalidAction: The action "CreateRule" is not supported by the sandbox`},
		"unknown member":          {"Action=DescribeLoadBalancers&Colour=red", `ValidationError: "Colour" is not supported by the sandbox`},
		"no integer":              {"Action=DescribeLoadBalancers&PageSize=x", `MalformedQueryString: PageSize: "x" is no integer`},
		"application":             {"Action=CreateLoadBalancer&Name=x&Type=application&Subnets.member.1=a", "ValidationError: A load balancer of type 'application': it has those of type 'network', and this is not supported by the sandbox"},
		"name":                    {"Action=CreateLoadBalancer&Name=a_b&Type=network&Subnets.member.1=a", "ValidationError: The load balancer name 'a_b' can only contain characters that are alphanumeric characters and hyphens(-)"},
		"name of another":         {"Action=CreateLoadBalancer&Name=farm&Type=network&Subnets.member.1=a", "DuplicateLoadBalancerName: A load balancer with the same name 'farm' exists, but with different settings"},
		"no load balancer":        {"Action=DescribeLoadBalancers&Names.member.1=x", "LoadBalancerNotFound: One or more load balancers not found"},
		"group of UDP":            {strings.Replace(group, "TCP", "UDP", 1), "ValidationError: A target group of protocol 'UDP': it has those of TCP, and this is not supported by the sandbox"},
		"path of a TCP check":     {group + "&HealthCheckPath=/x", "InvalidConfigurationRequest: You cannot specify a health check path or matcher for a target group with a health check protocol of 'TCP'"},
		"interval":                {group + "&HealthCheckIntervalSeconds=4", "ValidationError: Health check interval must be between 5 and 300"},
		"matcher":                 {group + "&HealthCheckProtocol=HTTP&Matcher.HttpCode=2xx", "ValidationError: Health check matcher HTTP code '2xx' must be within '200-599'"},
		"group in use":            {"Action=DeleteTargetGroup&TargetGroupArn=" + f.group, "ResourceInUse: Target group '" + f.group + "' is currently in use by a listener or a rule"},
		"attribute that is not":   {"Action=ModifyTargetGroupAttributes&TargetGroupArn=" + f.group + "&Attributes.member.1.Key=x&Attributes.member.1.Value=y", "ValidationError: The attribute key 'x' is not recognized, or is not supported by the sandbox"},
		"attribute out of bounds": {"Action=ModifyTargetGroupAttributes&TargetGroupArn=" + f.group + "&Attributes.member.1.Key=deregistration_delay.timeout_seconds&Attributes.member.1.Value=3601", "ValidationError: 'deregistration_delay.timeout_seconds' value must be between '0' and '3600' inclusive, not '3601'"},
		"UDP listener":            {listener + "&Port=1&Protocol=UDP", "UnsupportedProtocol: Protocol 'UDP' is not supported by the sandbox: it has TCP and TLS"},
		"port in use":             {listener + "&Protocol=TCP&Port=" + port, "DuplicateListener: A listener already exists on this port for this load balancer '" + f.balancer + "'"},
		"TLS without certificate": {listener + "&Port=1&Protocol=TLS", "InvalidConfigurationRequest: Exactly one certificate must be specified for TLS listeners"},
		"unknown certificate":     {listener + "&Port=1&Protocol=TLS&Certificates.member.1.CertificateArn=arn:x", "CertificateNotFound: Certificate 'arn:x' not found"},
		"unknown policy":          {listener + "&Port=1&Protocol=TLS&SslPolicy=best", "SSLPolicyNotFound: SSL policy 'best' not found"},
		"policy of TCP":           {listener + "&Port=1&Protocol=TCP&SslPolicy=x", "InvalidConfigurationRequest: Certificates, security policy and ALPN policy cannot be specified for TCP listeners"},
		"idle timeout":            {"Action=ModifyListenerAttributes&ListenerArn=" + f.listener + "&Attributes.member.1.Key=tcp.idle_timeout.seconds&Attributes.member.1.Value=59", "ValidationError: 'tcp.idle_timeout.seconds' value must be between '60' and '6000' inclusive, not '59'"},
		"target of a name":        {"Action=RegisterTargets&TargetGroupArn=" + f.group + "&Targets.member.1.Id=host", "InvalidTarget: The IP address 'host' is not a valid IPv4 address"},
		"no such target":          {"Action=DeregisterTargets&TargetGroupArn=" + f.group + "&Targets.member.1.Id=10.0.0.1", "InvalidTarget: The following targets are not registered: '10.0.0.1'"},
	} {
		t.Run(name, func(t *testing.T) {
			code, body := f.post(tt.form)
			gotCode, rest, _ := strings.Cut(body[strings.Index(body, "<Code>")+6:], "</Code>")
			_, rest, _ = strings.Cut(rest, "<Message>")
			message, _, _ := strings.Cut(rest, "</Message>")
			message = strings.NewReplacer("&#39;", "'", "&#34;", `"`).Replace(message)
			if diff := cmp.Diff(tt.want, gotCode+": "+message); diff != "" || code != http.StatusBadRequest {
				t.Errorf("status %d (-want +got):\n%s", code, diff)
			}
		})
	}
}

// post sends a request of the query protocol.
func (f *farm) post(form string) (int, string) {
	values := must(url.ParseQuery(form))(f.t)
	r := httptest.NewRequestWithContext(f.t.Context(), http.MethodPost, "/", strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	body := must(io.ReadAll(w.Body))(f.t)
	return w.Code, string(body)
}

// TestObserve: from which check on a target has a state.
func TestObserve(t *testing.T) {
	t.Parallel()
	check := HealthCheck{HealthyThresholdCount: 3, UnhealthyThresholdCount: 2, HealthCheckIntervalSeconds: 10}
	long := time.Now().Add(-time.Hour)
	for name, tt := range map[string]struct {
		since    time.Time
		outcomes string // + and -
		want     []string
	}{
		"healthy after three":          {long, "++++", []string{"initial", "initial", "healthy", "healthy"}},
		"unhealthy after two":          {long, "--", []string{"initial", "unhealthy"}},
		"one failure is forgiven":      {long, "+++-+", []string{"initial", "initial", "healthy", "healthy", "healthy"}},
		"two are not":                  {long, "+++--", []string{"initial", "initial", "healthy", "healthy", "unhealthy"}},
		"again healthy after three":    {long, "--+++", []string{"initial", "unhealthy", "unhealthy", "unhealthy", "healthy"}},
		"a new target has its time":    {time.Now(), "----", []string{"initial", "initial", "initial", "initial"}},
		"but not one that was healthy": {time.Now(), "+++--", []string{"initial", "initial", "healthy", "healthy", "unhealthy"}},
	} {
		t.Run(name, func(t *testing.T) {
			target := &target{health: registering(), since: tt.since}
			var got []string
			for _, o := range tt.outcomes {
				failure := ""
				if o == '-' {
					failure = reasonFailed
				}
				target.observe(failure, check)
				got = append(got, target.health.State)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHTTPChecks: what an HTTP health check takes for healthy.
func TestHTTPChecks(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
	}))
	defer srv.Close()
	u := must(url.Parse(srv.URL))(t)
	for name, tt := range map[string]struct {
		status        int
		matcher, want string
	}{
		"in the default range": {302, "", ""},
		"not in it":            {503, "", reasonMismatch},
		"in a list":            {204, "200,204", ""},
		"not in the list":      {201, "200,204", reasonMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			status = tt.status
			protocol, path := "HTTP", "/healthz"
			h, codes, e := newHealthCheck().with(HealthCheckInput{HealthCheckProtocol: &protocol, HealthCheckPath: &path, Matcher: struct{ HttpCode string }{tt.matcher}})
			if e != nil {
				t.Fatal(e)
			}
			if got := (probe{h, codes, false, u.Host}).run(t.Context()); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

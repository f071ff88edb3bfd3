package ecs

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// call sends a request of the API.
func call(t *testing.T, e *Emulator, action, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", TargetPrefix+action)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestRefusals: what a request gets that cannot be done, by code and text.
func TestRefusals(t *testing.T) {
	t.Parallel()
	e, _ := newEmulator(t)
	definition := register(t, e, "serve", nil)
	serve(t, e, definition, 1, 100, 200)
	const (
		task    = `"family":"f","networkMode":"awsvpc","cpu":"256","memory":"512"`
		network = `"networkConfiguration":{"awsvpcConfiguration":{"subnets":["a"]}}`
		fargate = `"cluster":"c","serviceName":"x","taskDefinition":"f","launchType":"FARGATE"`
	)
	container := func(members string) string {
		return "{" + task + `,"containerDefinitions":[{"name":"a","image":"i"` + members + "}]}"
	}
	for name, tt := range map[string]struct{ action, body, want string }{
		"unknown action":        {"CreateCapacityProvider", "{}", `UnknownOperationException: The action "CreateCapacityProvider" is not supported by the sandbox.`},
		"unknown member":        {"CreateCluster", `{"capacityProviders":["FARGATE"]}`, `UnsupportedFeatureException: The member "capacityProviders" is not supported by the sandbox`},
		"no JSON":               {"CreateCluster", `{`, "SerializationException: unexpected EOF"},
		"cluster name":          {"CreateCluster", `{"clusterName":"a b"}`, "InvalidParameterException: Identifier contains invalid characters or has more than 255."},
		"no cluster":            {"ListServices", `{"cluster":"x"}`, "ClusterNotFoundException: Cluster not found."},
		"cluster with services": {"DeleteCluster", `{"cluster":"c"}`, "ClusterContainsServicesException: The Cluster cannot be deleted while Services are active."},

		"no family":              {"RegisterTaskDefinition", `{}`, "ClientException: Family should not be null or empty."},
		"bridge":                 {"RegisterTaskDefinition", strings.Replace(container(""), "awsvpc", "bridge", 1), "ClientException: Network mode must be 'awsvpc' for Fargate tasks, which all tasks of the sandbox are."},
		"size":                   {"RegisterTaskDefinition", strings.Replace(container(""), "512", "4096", 1), "ClientException: No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS documentation for the valid values."},
		"ECR without a role":     {"RegisterTaskDefinition", strings.Replace(container(""), `"i"`, `"1.dkr.ecr.us-east-1.amazonaws.com/x"`, 1), "ClientException: Fargate requires task definition to have execution role ARN to support ECR images."},
		"ulimit":                 {"RegisterTaskDefinition", container(`,"ulimits":[{"name":"nofile","softLimit":2,"hardLimit":1}]`), "ClientException: The ulimit nofile of container a must have a soft limit that is not negative, and at most its hard limit."},
		"stop timeout":           {"RegisterTaskDefinition", container(`,"stopTimeout":121`), "ClientException: Container.stopTimeout must be between 0 and 120 seconds on Fargate."},
		"two variables":          {"RegisterTaskDefinition", container(`,"environment":[{"name":"A"},{"name":"A"}]`), `ClientException: The environment and secrets of container a must have names that are unique and not empty: "A".`},
		"host port":              {"RegisterTaskDefinition", container(`,"portMappings":[{"containerPort":80,"hostPort":81}]`), "ClientException: When networkMode=awsvpc, the host ports and container ports in port mappings must match."},
		"volumes":                {"RegisterTaskDefinition", container(`,"mountPoints":[{}]`), `UnsupportedFeatureException: The member "mountPoints" is not supported by the sandbox`},
		"health check":           {"RegisterTaskDefinition", container(`,"healthCheck":{"command":["curl"]}`), `ClientException: Container.healthCheck.command must begin with CMD or CMD-SHELL and have a command; not ["curl"].`},
		"interval":               {"RegisterTaskDefinition", container(`,"healthCheck":{"command":["CMD","x"],"interval":4}`), "ClientException: Container.healthCheck.interval must be between 5 and 300."},
		"splunk":                 {"RegisterTaskDefinition", container(`,"logConfiguration":{"logDriver":"splunk"}`), `UnsupportedFeatureException: The log driver "splunk" is not supported by the sandbox`},
		"nothing essential":      {"RegisterTaskDefinition", container(`,"essential":false`), "ClientException: At least one container of a task definition must be essential."},
		"no revision":            {"DescribeTaskDefinition", `{"taskDefinition":"f:9"}`, "ClientException: Unable to describe task definition."},
		"no definition":          {"CreateService", `{"cluster":"c","serviceName":"x","taskDefinition":"y","launchType":"FARGATE",` + network + `}`, "ClientException: TaskDefinition not found."},
		"EC2":                    {"CreateService", `{"cluster":"c","serviceName":"x","launchType":"EC2"}`, `UnsupportedFeatureException: The launch type "EC2" is not supported by the sandbox`},
		"no network":             {"CreateService", `{` + fargate + `}`, "InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified."},
		"a service twice":        {"CreateService", strings.Replace(`{`+fargate+`,`+network+`}`, `"x"`, `"s"`, 1), "InvalidParameterException: Creation of service was not idempotent."},
		"no progress":            {"CreateService", `{` + fargate + `,` + network + `,"deploymentConfiguration":{"minimumHealthyPercent":100,"maximumPercent":100}}`, "InvalidParameterException: The specified deployment configuration does not allow a deployment to make progress: with minimumHealthyPercent 100, maximumPercent must be above 100."},
		"no container":           {"CreateService", `{` + fargate + `,` + network + `,"loadBalancers":[{"targetGroupArn":"group","containerName":"x","containerPort":7000}]}`, "InvalidParameterException: The container x does not exist in the task definition."},
		"no port":                {"CreateService", `{` + fargate + `,` + network + `,"loadBalancers":[{"targetGroupArn":"group","containerName":"main","containerPort":1}]}`, "InvalidParameterException: The container main did not have a container port 1 defined."},
		"no target group":        {"CreateService", `{` + fargate + `,` + network + `,"loadBalancers":[{"targetGroupArn":"none","containerName":"main","containerPort":7000}]}`, "InvalidParameterException: The specified target group none does not exist."},
		"no listener":            {"CreateService", `{` + fargate + `,` + network + `,"loadBalancers":[{"targetGroupArn":"lonely","containerName":"main","containerPort":7000}]}`, "InvalidParameterException: The target group with targetGroupArn lonely does not have an associated load balancer."},
		"grace without targets":  {"CreateService", `{` + fargate + `,` + network + `,"healthCheckGracePeriodSeconds":1}`, "InvalidParameterException: Health check grace period is only valid for services configured to use load balancers"},
		"platform":               {"CreateService", `{` + fargate + `,` + network + `,"platformVersion":"9"}`, `PlatformUnknownException: The specified platform version "9" does not exist.`},
		"no service":             {"UpdateService", `{"cluster":"c","service":"x"}`, "ServiceNotFoundException: Service not found."},
		"a service with tasks":   {"DeleteService", `{"cluster":"c","service":"s"}`, "InvalidParameterException: The service cannot be stopped while it is scaled above 0."},
		"no services":            {"DescribeServices", `{"cluster":"c","services":[]}`, "InvalidParameterException: Services cannot be empty."},
		"no task":                {"StopTask", `{"cluster":"c","task":"x"}`, "InvalidParameterException: The referenced task was not found."},
		"eleven tasks":           {"RunTask", `{"cluster":"c","taskDefinition":"f","launchType":"FARGATE","count":11}`, "InvalidParameterException: Task count must be between 1 and 10."},
		"override of no one":     {"RunTask", `{"cluster":"c","taskDefinition":"f","launchType":"FARGATE",` + network + `,"overrides":{"containerOverrides":[{"name":"x"}]}}`, "InvalidParameterException: Override for container named x is not a container in the TaskDefinition."},
		"override that is not":   {"RunTask", `{"overrides":{"cpu":"1"}}`, `UnsupportedFeatureException: The member "cpu" is not supported by the sandbox`},
		"the order of revisions": {"ListTaskDefinitions", `{"sort":"DESC"}`, "UnsupportedFeatureException: The order DESC is not supported by the sandbox"},
	} {
		t.Run(name, func(t *testing.T) {
			code, text := call(t, e, tt.action, tt.body)
			var answer struct {
				Type    string `json:"__type"`
				Message string `json:"message"`
			}
			if err := json.Unmarshal([]byte(text), &answer); err != nil || code != http.StatusBadRequest {
				t.Errorf("status %d, body %s (%v)", code, text, err)
			}
			if diff := cmp.Diff(tt.want, answer.Type+": "+answer.Message); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestMissing: descriptions tell what is not there beside what is.
func TestMissing(t *testing.T) {
	t.Parallel()
	e, _ := newEmulator(t)
	for action, tt := range map[string]struct{ body, want string }{
		"DescribeClusters": {`{"clusters":["x"]}`, `{"clusters":[],"failures":[{"arn":"arn:aws:ecs:us-east-1:000000000000:cluster/x","reason":"MISSING"}]}`},
		"DescribeServices": {`{"cluster":"c","services":["x"]}`, `{"services":[],"failures":[{"arn":"arn:aws:ecs:us-east-1:000000000000:service/c/x","reason":"MISSING"}]}`},
		"DescribeTasks":    {`{"cluster":"c","tasks":["x"]}`, `{"tasks":[],"failures":[{"arn":"arn:aws:ecs:us-east-1:000000000000:task/c/x","reason":"MISSING"}]}`},
	} {
		if code, got := call(t, e, action, tt.body); code != http.StatusOK || strings.TrimSpace(got) != tt.want {
			t.Errorf("%s = %d %s, want %s", action, code, got, tt.want)
		}
	}
}

// TestTimes: times are seconds of the epoch, as numbers.
func TestTimes(t *testing.T) {
	t.Parallel()
	e, _ := newEmulator(t)
	register(t, e, "serve", nil)
	_, text := call(t, e, "DescribeTaskDefinition", `{"taskDefinition":"f"}`)
	var out struct {
		TaskDefinition struct {
			RegisteredAt float64 `json:"registeredAt"`
		} `json:"taskDefinition"`
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil || out.TaskDefinition.RegisteredAt < 1e9 {
		t.Errorf("%s: %v", text, err)
	}
}

package servicediscovery

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newEmulator(t *testing.T) *Emulator {
	t.Helper()
	e := must(New(Config{Region: "us-east-1", AccountID: "000000000000", VPCExists: func(id string) bool { return id == "vpc-1" }}))(t)
	t.Cleanup(e.Close)
	return e
}

// shop makes the service web in the namespace shop.internal.
func shop(t *testing.T, e *Emulator) (Namespace, Service) {
	t.Helper()
	n := must(e.CreatePrivateDnsNamespace(t.Context(), CreatePrivateDnsNamespaceInput{Name: "shop.internal", Vpc: "vpc-1"}))(t)
	return n, must(e.CreateService(t.Context(), CreateServiceInput{Name: "web", NamespaceId: n.Id, DnsConfig: records()}))(t)
}

func records() *DnsConfig { return &DnsConfig{DnsRecords: []DnsRecord{{"A", 5}}} }

// call calls an action, and returns the status and the answer.
func call(t *testing.T, e *Emulator, action, body string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", TargetPrefix+action)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	out := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s: %v: %s", action, err, w.Body)
	}
	return w.Code, out
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	e := newEmulator(t)
	n, s := shop(t, e)
	for name, tt := range map[string]struct{ action, body, want string }{
		"an action":              {"CreateHttpNamespace", `{}`, CodeUnknownOperation},
		"a member":               {"GetService", `{"Name":"web"}`, CodeInvalid},
		"no JSON":                {"GetService", `{`, CodeSerialization},
		"no namespace":           {"GetNamespace", `{"Id":"ns-1"}`, CodeNoNamespace},
		"no service":             {"GetService", `{"Id":"srv-1"}`, CodeNoService},
		"no instance":            {"GetInstance", `{"ServiceId":"` + s.Id + `","InstanceId":"i"}`, CodeNoInstance},
		"instances of nothing":   {"ListInstances", `{"ServiceId":"srv-1"}`, CodeNoService},
		"a page":                 {"ListInstances", `{"ServiceId":"` + s.Id + `","MaxResults":101}`, CodeInvalid},
		"a token":                {"ListNamespaces", `{"NextToken":"x"}`, CodeInvalid},
		"a filter":               {"ListServices", `{"Filters":[{"Name":"TYPE","Values":["x"]}]}`, CodeInvalid},
		"a condition":            {"ListNamespaces", `{"Filters":[{"Name":"NAME","Condition":"BEGINS_WITH","Values":["x"]}]}`, CodeInvalid},
		"discover in nothing":    {"DiscoverInstances", `{"NamespaceName":"x.internal","ServiceName":"web"}`, CodeNoNamespace},
		"discover nothing":       {"DiscoverInstances", `{"NamespaceName":"shop.internal","ServiceName":"x"}`, CodeNoService},
		"discover by bad health": {"DiscoverInstances", `{"NamespaceName":"shop.internal","ServiceName":"web","HealthStatus":"x"}`, CodeInvalid},
	} {
		status, out := call(t, e, tt.action, tt.body)
		if status != http.StatusBadRequest || out["__type"] != tt.want || out["Message"] == "" {
			t.Errorf("%s: %d %v, want %s", name, status, out, tt.want)
		}
	}
	for name, tt := range map[string]struct {
		in   CreateServiceInput
		want string
	}{
		"a service twice":      {CreateServiceInput{Name: "WEB", NamespaceId: n.Id, DnsConfig: records()}, CodeServiceExists},
		"in no namespace":      {CreateServiceInput{Name: "x", NamespaceId: "ns-1", DnsConfig: records()}, CodeNoNamespace},
		"a name":               {CreateServiceInput{Name: "a b", NamespaceId: n.Id, DnsConfig: records()}, CodeInvalid},
		"without DNS":          {CreateServiceInput{Name: "x", NamespaceId: n.Id}, CodeInvalid},
		"records of ports":     {CreateServiceInput{Name: "x", NamespaceId: n.Id, DnsConfig: &DnsConfig{DnsRecords: []DnsRecord{{"SRV", 5}}}}, CodeInvalid},
		"an unknown routing":   {CreateServiceInput{Name: "x", NamespaceId: n.Id, DnsConfig: &DnsConfig{RoutingPolicy: "x", DnsRecords: []DnsRecord{{"A", 5}}}}, CodeInvalid},
		"a time before itself": {CreateServiceInput{Name: "x", NamespaceId: n.Id, DnsConfig: &DnsConfig{DnsRecords: []DnsRecord{{"A", -1}}}}, CodeInvalid},
	} {
		wantCode(t, name, tt.want, func() error { _, err := e.CreateService(t.Context(), tt.in); return err })
	}
	for name, tt := range map[string]struct {
		in   CreatePrivateDnsNamespaceInput
		want string
	}{
		"a namespace twice": {CreatePrivateDnsNamespaceInput{Name: "Shop.internal.", Vpc: "vpc-1"}, CodeNamespaceExists},
		"in no VPC":         {CreatePrivateDnsNamespaceInput{Name: "x.internal", Vpc: "vpc-2"}, CodeInvalid},
		"no domain":         {CreatePrivateDnsNamespaceInput{Name: "x y", Vpc: "vpc-1"}, CodeInvalid},
	} {
		wantCode(t, name, tt.want, func() error { _, err := e.CreatePrivateDnsNamespace(t.Context(), tt.in); return err })
	}
	wantCode(t, "delete a namespace with services", CodeInUse, func() error { return e.DeleteNamespace(t.Context(), n.Id) })
}

func wantCode(t *testing.T, name, want string, do func() error) {
	t.Helper()
	err := do()
	if known, ok := err.(*Error); !ok || known.Code != want { //nolint:errorlint // it is what methods return
		t.Errorf("%s: %v, want %s", name, err, want)
	}
}

// What there is, is told as AWS tells it, and changes and goes as it was told to.
func TestActions(t *testing.T) {
	t.Parallel()
	e := newEmulator(t)
	n, s := shop(t, e)
	if err := e.Register(t.Context(), s.Arn, Instance{ID: "i", Address: "127.0.0.1", Zone: "us-east-1a", Cluster: "c", Service: "s", Family: "f", Healthy: true}); err != nil {
		t.Fatal(err)
	}
	attributes := map[string]any{
		"AWS_INSTANCE_IPV4": "127.0.0.1", "AWS_INIT_HEALTH_STATUS": "HEALTHY", "AVAILABILITY_ZONE": "us-east-1a", "REGION": "us-east-1",
		"ECS_CLUSTER_NAME": "c", "ECS_SERVICE_NAME": "s", "ECS_TASK_DEFINITION_FAMILY": "f",
	}
	service := map[string]any{
		"Id": s.Id, "Arn": "arn:aws:servicediscovery:us-east-1:000000000000:service/" + s.Id, "Name": "web", "NamespaceId": n.Id, "InstanceCount": 1.0,
		"DnsConfig": map[string]any{"NamespaceId": n.Id, "RoutingPolicy": "MULTIVALUE", "DnsRecords": []any{map[string]any{"Type": "A", "TTL": 5.0}}},
		"Type":      "DNS_HTTP", "CreateDate": float64(s.CreateDate),
	}
	namespace := map[string]any{
		"Id": n.Id, "Arn": "arn:aws:servicediscovery:us-east-1:000000000000:namespace/" + n.Id, "Name": "shop.internal", "Type": "DNS_PRIVATE", "ServiceCount": 1.0,
		"Properties": map[string]any{
			"DnsProperties":  map[string]any{"HostedZoneId": n.Properties.DnsProperties.HostedZoneId, "SOA": map[string]any{"TTL": 15.0}},
			"HttpProperties": map[string]any{"HttpName": "shop.internal"},
		}, "CreateDate": float64(n.CreateDate),
	}
	summary := map[string]any{"Id": "i", "Attributes": attributes}
	for _, tt := range []struct {
		action, body string
		want         map[string]any
	}{
		{"GetNamespace", `{"Id":"` + n.Id + `"}`, map[string]any{"Namespace": namespace}},
		{"ListNamespaces", `{"Filters":[{"Name":"NAME","Values":["shop.internal"]}]}`, map[string]any{"Namespaces": []any{namespace}}},
		{"ListNamespaces", `{"Filters":[{"Name":"TYPE","Values":["HTTP"]}]}`, map[string]any{"Namespaces": []any{}}},
		{"GetService", `{"Id":"` + s.Arn + `"}`, map[string]any{"Service": service}},
		{"ListServices", `{"Filters":[{"Name":"NAMESPACE_ID","Values":["` + n.Id + `"]}]}`, map[string]any{"Services": []any{service}}},
		{"ListServices", `{"Filters":[{"Name":"NAMESPACE_ID","Values":["ns-1"]}]}`, map[string]any{"Services": []any{}}},
		{"GetInstance", `{"ServiceId":"` + s.Id + `","InstanceId":"i"}`, map[string]any{"Instance": summary}},
		{"ListInstances", `{"ServiceId":"` + s.Id + `","MaxResults":1}`, map[string]any{"Instances": []any{summary}}},
		{"DiscoverInstances", `{"NamespaceName":"shop.internal","ServiceName":"web"}`, map[string]any{"Instances": []any{map[string]any{
			"InstanceId": "i", "NamespaceName": "shop.internal", "ServiceName": "web", "HealthStatus": "HEALTHY", "Attributes": attributes,
		}}}},
		{"DiscoverInstances", `{"NamespaceName":"shop.internal","ServiceName":"web","HealthStatus":"UNHEALTHY"}`, map[string]any{"Instances": []any{}}},
	} {
		status, out := call(t, e, tt.action, tt.body)
		if diff := cmp.Diff(tt.want, out); status != http.StatusOK || diff != "" {
			t.Errorf("%s %s: %d (-want +got):\n%s", tt.action, tt.body, status, diff)
		}
	}
	wantCode(t, "delete a service with an instance", CodeInUse, func() error { return e.DeleteService(t.Context(), s.Id) })
	wantCode(t, "change how it routes", CodeInvalid, func() error {
		return e.UpdateService(t.Context(), s.Id, "", DnsConfig{RoutingPolicy: weighted, DnsRecords: records().DnsRecords})
	})
	for _, do := range []func() error{
		func() error {
			return e.UpdateService(t.Context(), s.Id, "new", DnsConfig{DnsRecords: []DnsRecord{{"A", 60}}})
		},
		func() error { return e.UpdatePrivateDnsNamespace(t.Context(), n.Id, "new", 30) },
	} {
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	changedService, changedNamespace := must(e.GetService(t.Context(), GetServiceInput{s.Id}))(t).Service, must(e.GetNamespace(t.Context(), GetNamespaceInput{n.Id}))(t).Namespace
	if changedService.Description != "new" || changedService.DnsConfig.DnsRecords[0].TTL != 60 || changedNamespace.Description != "new" || changedNamespace.Properties.DnsProperties.SOA.TTL != 30 {
		t.Errorf("changed to %+v, %+v", changedService, changedNamespace)
	}
	for _, do := range []func() error{
		func() error { return e.Deregister(t.Context(), s.Id, "i") },
		func() error { return e.DeleteService(t.Context(), s.Id) },
		func() error { return e.DeleteNamespace(t.Context(), n.Id) },
	} {
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	wantCode(t, "deregister from nothing", CodeNoService, func() error { return e.Deregister(t.Context(), s.Id, "i") })
}

func TestPages(t *testing.T) {
	t.Parallel()
	e := newEmulator(t)
	_, s := shop(t, e)
	for _, id := range []string{"c", "a", "b"} {
		if err := e.Register(t.Context(), s.Id, Instance{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for token, more := "", true; more; more = token != "" {
		two := 2
		out := must(e.ListInstances(t.Context(), ListInstancesInput{ServiceId: s.Id, NextToken: token, MaxResults: &two}))(t)
		for _, i := range out.Instances {
			got = append(got, i.Id)
		}
		token = out.NextToken
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

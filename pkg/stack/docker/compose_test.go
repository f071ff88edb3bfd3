package docker

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseContainers(t *testing.T) {
	t.Parallel()
	const one = `{"Name":"s-redis-1","Service":"redis","State":"running","Health":"healthy","Status":"Up 2 minutes (healthy)","ExitCode":0,"Publishers":[{"URL":"127.0.0.1","TargetPort":6379,"PublishedPort":16379,"Protocol":"tcp"}]}`
	const two = `{"Name":"s-deploy-1","Service":"deploy","State":"exited","ExitCode":1}`
	want := []Container{
		{Name: "s-redis-1", Service: "redis", State: "running", Health: "healthy", Status: "Up 2 minutes (healthy)", Publishers: []Publisher{{"127.0.0.1", 16379, 6379}}},
		{Name: "s-deploy-1", Service: "deploy", State: "exited", ExitCode: 1},
	}
	for _, tt := range []struct {
		name, text string
		want       []Container
	}{
		{"one after the other", one + "\n" + two + "\n", want},
		{"a list", "[" + one + "," + two + "]\n", want},
		{"nothing", "", nil},
	} {
		got, err := parseContainers([]byte(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if _, err := parseContainers([]byte("no configuration file")); err == nil {
		t.Error("no error for what is no JSON")
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		container  Container
		well, done bool
	}{
		{Container{State: "running", Health: "healthy"}, true, false},
		{Container{State: "running"}, true, false},
		{Container{State: "running", Health: "starting"}, false, false},
		{Container{State: "running", Health: "unhealthy"}, false, false},
		{Container{State: "exited"}, false, true},
		{Container{State: "exited", ExitCode: 1}, false, false},
		{Container{State: "paused", Health: "healthy"}, false, false},
	} {
		if well, done := tt.container.Well(), tt.container.Done(); well != tt.well || done != tt.done {
			t.Errorf("%+v: well %v, done %v", tt.container, well, done)
		}
	}
}

package ecs

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ask asks the metadata endpoint, and returns the status and the answer.
func ask(t *testing.T, uri string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, uri, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, nil
	}
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, out
}

// strip takes away the times, having looked at their form.
func strip(t *testing.T, from map[string]any, names ...string) {
	t.Helper()
	for _, name := range names {
		text, _ := from[name].(string)
		if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`).MatchString(text) {
			t.Errorf("%s is %v", name, from[name])
		}
		delete(from, name)
	}
}

// A container finds at its own address what it is, what its task is, and what it uses; nobody finds one that is over.
func TestMetadata(t *testing.T) {
	t.Parallel()
	e, w := newEmulator(t)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	e.cfg.Endpoint = server.URL
	limit := 256
	serve(t, e, register(t, e, "tell ECS_CONTAINER_METADATA_URI_V4", func(c *ContainerDefinition) {
		c.Memory, c.DockerLabels = &limit, map[string]string{"mine": "yes"}
	}), 1, 100, 200)
	if err := awaitSteady(t, e); err != nil {
		t.Fatal(err)
	}
	arn := must(e.ListTasks(t.Context(), ListTasksInput{Cluster: "c"}))(t).TaskArns[0]
	task := awaitTask(t, e, arn, taskRunning)
	uri := awaitLine(t, w, arn)
	id := strings.TrimPrefix(uri, server.URL+"/v4/")
	if !regexp.MustCompile(`^[0-9a-f]{32}-[0-9]{10}$`).MatchString(id) || id != task.Containers[0].RuntimeID {
		t.Fatalf("it is told %s, and is %s", uri, task.Containers[0].RuntimeID)
	}
	_, own := ask(t, uri)
	strip(t, own, "CreatedAt", "StartedAt")
	want := map[string]any{
		"DockerId": id, "Name": "main", "DockerName": "main", "Image": "self", "ImageID": "sha256:1", "DesiredStatus": "RUNNING", "KnownStatus": "RUNNING",
		"Labels": map[string]any{
			"mine": "yes", "com.amazonaws.ecs.cluster": task.ClusterArn, "com.amazonaws.ecs.container-name": "main", "com.amazonaws.ecs.task-arn": arn,
			"com.amazonaws.ecs.task-definition-family": "f", "com.amazonaws.ecs.task-definition-version": "1",
		},
		"Limits": map[string]any{"CPU": 0.0, "Memory": 256.0}, "Type": "NORMAL", "LogDriver": "awslogs", "ContainerARN": task.Containers[0].ContainerArn,
		"LogOptions": map[string]any{"awslogs-group": "group", "awslogs-region": "us-east-1", "awslogs-stream": "p/main/" + lastPart(arn)},
		"Networks": []any{map[string]any{
			"NetworkMode": "awsvpc", "IPv4Addresses": []any{task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address}, "AttachmentIndex": 0.0,
		}},
	}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Errorf("the container (-want +got):\n%s", diff)
	}
	_, all := ask(t, uri+"/task")
	strip(t, all, "PullStartedAt", "PullStoppedAt")
	strip(t, all["Containers"].([]any)[0].(map[string]any), "CreatedAt", "StartedAt")
	if diff := cmp.Diff(map[string]any{
		"Cluster": task.ClusterArn, "TaskARN": arn, "Family": "f", "Revision": "1", "DesiredStatus": "RUNNING", "KnownStatus": "RUNNING", "ServiceName": "s",
		"Limits": map[string]any{"CPU": 0.25, "Memory": 512.0}, "AvailabilityZone": "us-east-1a", "LaunchType": "FARGATE", "Containers": []any{want},
	}, all); diff != "" {
		t.Errorf("the task (-want +got):\n%s", diff)
	}
	if runtime.GOOS == "linux" {
		_, stats := ask(t, uri+"/stats")
		memory, _ := stats["memory_stats"].(map[string]any)
		if memory["limit"] != 256.0*mebibyte || memory["usage"] == 0.0 || stats["id"] != id {
			t.Errorf("stats are %v", stats)
		}
		if _, both := ask(t, uri+"/task/stats"); both[id] == nil {
			t.Errorf("stats of the task are %v", both)
		}
	}
	for _, wrong := range []string{uri + "0", uri + "/other", server.URL + "/v4/"} {
		if status, _ := ask(t, wrong); status != http.StatusNotFound {
			t.Errorf("%s is answered with %d", wrong, status)
		}
	}
	must(e.StopTask(t.Context(), StopTaskInput{Cluster: "c", Task: arn}))(t)
	awaitTask(t, e, arn, taskStopped)
	if status, _ := ask(t, uri); status != http.StatusNotFound {
		t.Errorf("a container that is over is answered with %d", status)
	}
}

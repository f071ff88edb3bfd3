package stack

import "testing"

// A Redis that tasks find by a name of the cloud's is told to people by the address that stands for it, and said to be in a task.
func TestRedisByName(t *testing.T) {
	t.Parallel()
	h := Health{Tasks: []Task{{Name: "gateway"}, {Name: "redis"}}, Hosts: []Host{{"redis.x.internal", "127.128.0.9"}}}
	for url, want := range map[string]string{
		"redis://redis.x.internal:6379":  "redis://127.128.0.9:6379",
		"redis://redis.xx.internal:6379": "redis://redis.xx.internal:6379",
		"rediss://127.0.0.1:7000":        "rediss://127.0.0.1:7000",
	} {
		if got := h.resolve(url); got != want {
			t.Errorf("%s is %s, want %s", url, got, want)
		}
	}
	if got := h.redisKind(); got != "redis-server, in a task" {
		t.Errorf("its kind is %s", got)
	}
	h.Tasks = h.Tasks[:1]
	if got := h.redisKind(); got != "embedded, with TLS" {
		t.Errorf("without the task its kind is %s", got)
	}
}

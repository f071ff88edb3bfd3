package ecs

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEndOfTask: how tasks tell that they have ended, and why.
func TestEndOfTask(t *testing.T) {
	t.Parallel()
	one, limit := 1, 200
	for name, tt := range map[string]struct {
		role   string
		change func(*ContainerDefinition)
		stop   string // the reason of a call of StopTask, once it runs
		want   []any  // stop code, reason, exit code, reason of the container
	}{
		"exits":        {role: "exit 3", want: []any{"EssentialContainerExited", "Essential container in task exited", 3, ""}},
		"is done":      {role: "exit 0", want: []any{"EssentialContainerExited", "Essential container in task exited", 0, ""}},
		"is stopped":   {role: "serve", stop: "enough", want: []any{"UserInitiated", "enough", 0, ""}},
		"does not end": {role: "stubborn", stop: "enough", want: []any{"UserInitiated", "enough", 137, ""}},
		"takes too much": {role: "greedy", change: func(c *ContainerDefinition) { c.Memory = &limit }, want: []any{
			"EssentialContainerExited", "Essential container in task exited", 137, "OutOfMemoryError: Container killed due to memory usage",
		}},
		"no image": {role: "serve", change: func(c *ContainerDefinition) { c.Image = "none" }, want: []any{
			"TaskFailedToStart", "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref none: not found", -1, "",
		}},
		"no program": {role: "serve", change: func(c *ContainerDefinition) { c.EntryPoint = []string{"/nothing"} }, want: []any{
			"TaskFailedToStart", `CannotStartContainerError: exec: "/nothing": executable file not found in the image`, -1,
			`CannotStartContainerError: exec: "/nothing": executable file not found in the image`,
		}},
		"no program of that name": {role: "serve", change: func(c *ContainerDefinition) { c.EntryPoint = []string{"nothing"} }, want: []any{
			"TaskFailedToStart", `CannotStartContainerError: exec: "nothing": executable file not found in the image`, -1,
			`CannotStartContainerError: exec: "nothing": executable file not found in the image`,
		}},
		"no secret": {role: "serve", change: func(c *ContainerDefinition) {
			c.Secrets = []Secret{{"S", "arn:aws:secretsmanager:us-east-1:000000000000:secret:it-AbCdEf:lock::"}}
		}, want: []any{
			"TaskFailedToStart", "ResourceInitializationError: unable to pull secrets or registry auth: secret of the variable S: retrieved secret from Secrets Manager did not contain json key lock", -1, "",
		}},
		"no log group": {role: "serve", change: func(c *ContainerDefinition) { c.LogConfiguration.Options["awslogs-group"] = "other" }, want: []any{
			"TaskFailedToStart", "ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group does not exist", -1, "",
		}},
		"is not essential": {role: "exit 0", change: func(c *ContainerDefinition) { c.StopTimeout = &one }, want: []any{
			"EssentialContainerExited", "Essential container in task exited", 0, "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, w := newEmulator(t)
			task := runOne(t, e, register(t, e, tt.role, tt.change))
			if tt.stop != "" {
				awaitTask(t, e, task.TaskArn, taskRunning)
				awaitLine(t, w, task.TaskArn) // its signals are as it wants them
				must(e.StopTask(t.Context(), StopTaskInput{Cluster: "c", Task: task.TaskArn, Reason: tt.stop}))(t)
			}
			task = awaitTask(t, e, task.TaskArn, taskStopped)
			code := -1
			if c := task.Containers[0].ExitCode; c != nil {
				code = *c
			}
			if diff := cmp.Diff(tt.want, []any{task.StopCode, task.StoppedReason, code, task.Containers[0].Reason}); diff != "" {
				t.Errorf("the end (-want +got):\n%s", diff)
			}
			e.mu.Lock()
			defer e.mu.Unlock()
			if len(e.addresses) != 0 {
				t.Errorf("addresses are left: %v", e.addresses)
			}
		})
	}
}

// awaitLine waits for the first line of a task's log and returns it.
func awaitLine(t *testing.T, w *world, arn string) string {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for {
		w.mu.Lock()
		lines, changed := w.lines["p/main/"+lastPart(arn)], w.changed
		w.mu.Unlock()
		if len(lines) > 0 {
			return lines[0]
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatal("it wrote nothing")
		}
	}
}

// TestWhatAContainerGets: its arguments and environment, of the image, the sandbox, the definition and the override.
func TestWhatAContainerGets(t *testing.T) {
	t.Parallel()
	e, w := newEmulator(t)
	definition := register(t, e, "serve", func(c *ContainerDefinition) { c.Command = []string{"--listen=:80", "x:80", "0.0.0.0:81"} })
	arn := runOne(t, e, definition).TaskArn
	address := awaitTask(t, e, arn, taskRunning).Containers[0].NetworkInterfaces[0].PrivateIpv4Address
	want := "args [--listen=" + address + ":80 x:80 " + address + ":81 --bind " + address + "]"
	if got := awaitLine(t, w, arn); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	other := &task{address: address, overrides: TaskOverride{[]ContainerOverride{{Name: "main", Environment: []Variable{{"FROM", "override"}}}}}}
	env := must(e.environment(t.Context(), other, &container{
		Container: Container{Name: "main"}, image: must(w.Open(t.Context(), "self"))(t), definition: ContainerDefinition{
			Environment: []Variable{{"FROM", "definition"}, {"ALL", ":8443"}, {"ONE", "127.0.0.1:8443"}},
			Secrets:     []Secret{{"SECRET", "arn:aws:secretsmanager:us-east-1:000000000000:secret:it-AbCdEf:number::"}},
		},
	}))(t)
	got := strings.Join(env, " ")
	want = "ALL=" + address + ":8443 AWS_DEFAULT_REGION=us-east-1 AWS_EXECUTION_ENV=AWS_ECS_FARGATE AWS_REGION=us-east-1 DERIVED=override of http://localhost ENDPOINT=http://localhost FROM=override " +
		"GORACE=atexit_sleep_ms=0 ONE=127.0.0.1:8443 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SECRET=7"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestListenHere(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		":8443": "127.64.0.1:8443", "0.0.0.0:8443": "127.64.0.1:8443", "[::]:8443": "127.64.0.1:8443", "--listen=:80": "--listen=127.64.0.1:80",
		"127.0.0.1:8443": "127.0.0.1:8443", "host:8443": "host:8443", "8443": "8443", ":http": ":http", "https://x:80": "https://x:80", "": "",
		"a:80,:81": "a:80,:81", ":123456": ":123456",
	} {
		if got := listenHere(value, "127.64.0.1"); got != want {
			t.Errorf("listenHere(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	e, _ := newEmulator(t)
	const arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:it-AbCdEf"
	for from, want := range map[string]string{
		arn:                               `{"key":"value","number":7,"stage":"","version":""}`,
		arn + ":key::":                    "value",
		arn + ":number::":                 "7",
		arn + ":stage:AWSPREVIOUS:":       "AWSPREVIOUS",
		arn + ":version::v1":              "v1",
		arn + ":none::":                   "! retrieved secret from Secrets Manager did not contain json key none",
		"arn:aws:secretsmanager:a:b:c:d":  "! unable to retrieve secret from asm: ResourceNotFoundException: Secrets Manager can't find the specified secret",
		"/a/parameter":                    "parameter /a/parameter",
		"arn:aws:ssm:us-east-1:0:param/x": "parameter arn:aws:ssm:us-east-1:0:param/x",
	} {
		got, err := e.secret(t.Context(), from)
		if err != nil {
			got = "! " + err.Error()
		}
		if got != want {
			t.Errorf("secret %s = %q, want %q", from, got, want)
		}
	}
}

// TestOutput: lines, whatever the pieces that they come in.
func TestOutput(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLogLine)
	for name, tt := range map[string]struct{ pieces, want []string }{
		"lines":          {[]string{"a\nb\n"}, []string{"a", "b"}},
		"pieces":         {[]string{"a", "b", "\nc"}, []string{"ab", "c"}},
		"carriage":       {[]string{"a\r\n"}, []string{"a"}},
		"a long line":    {[]string{long + "y\n"}, []string{long, "y"}},
		"without an end": {[]string{long + long}, []string{long, long}},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{lines: map[string][]string{}, changed: make(chan struct{})}
			o := &output{logs: w, group: "group", stream: "s"}
			for _, p := range tt.pieces {
				if n, err := o.Write([]byte(p)); n != len(p) || err != nil {
					t.Errorf("Write = %d, %v", n, err)
				}
			}
			o.close()
			if diff := cmp.Diff(tt.want, w.lines["s"]); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

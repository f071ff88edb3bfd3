//go:build compose

package e2e

import (
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tcnetwork "github.com/testcontainers/testcontainers-go/network"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/stack"
	"github.com/spillway/spillway/pkg/stack/images"
)

// redisDeaths is how often Redis's container is killed under load.
const redisDeaths = 3

// TestContainerDataPath: the sandbox's image alone runs the consumer inside of itself, as nobody on a root that it cannot write to, and
// what that appends to the container of Redis, which is killed again and again, is in its log once and in order: what Redis has
// acknowledged is in its volume, and that it began anew is told.
func TestContainerDataPath(t *testing.T) {
	needEngine(t)
	withoutRyuk(t)
	const awsPort, redisPort = "4566/tcp", "6379/tcp"
	between, err := tcnetwork.New(t.Context())
	testcontainers.CleanupNetwork(t, between)
	if err != nil {
		t.Fatal(err)
	}
	redis := startPiece(t, "redis", images.Redis, []string{redisPort}, tcnetwork.WithNetwork([]string{"redis"}, between), withVolume("/data"))
	cloud := startPiece(t, "aws", images.Sandbox, []string{awsPort}, tcnetwork.WithNetwork([]string{"aws"}, between), withVolume("/var/lib/localstack"))
	endpoint := "http://" + cloud.ports[awsPort]
	await(t, func() bool { return answers(endpoint + "/_sandbox/health") }, "the sandbox does not answer")
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	bin := t.TempDir()
	if err := stack.Build(t.Context(), stack.BuildOptions{Root: "..", Dir: bin}); err != nil {
		t.Fatal(err)
	}
	out, err := deploy.Stack(t.Context(), cfg, deploy.Options{
		StackName: "pieces", TemplateBody: templates.Data, Bootstrap: filepath.Join(bin, "bootstrap"),
		Parameters: map[string]string{"RedisUrl": "redis://redis:6379", "Route": "weather.us.{state}"},
	})
	if err != nil {
		t.Fatal(err)
	}

	load := startLoad(t, cfg, out["KinesisStreamName"])
	appended := func() int {
		got, _ := readLog(t, redis.ports[redisPort])
		return got.count()
	}
	for range redisDeaths {
		have := appended()
		await(t, func() bool { return appended() > have }, "nothing more is appended")
		if _, err := redis.engine.ContainerKill(t.Context(), redis.GetContainerID(), client.ContainerKillOptions{Signal: "KILL"}); err != nil {
			t.Fatal(err)
		}
		redis.awaitEnd(t)
		if _, err := redis.engine.ContainerStart(t.Context(), redis.GetContainerID(), client.ContainerStartOptions{}); err != nil {
			t.Fatal(err)
		}
		await(t, func() bool { return redis.pings(t) }, "Redis does not come back")
	}
	rounds := load.stop(t)
	await(t, func() bool { return appended() >= rounds*loadKeys }, "the log does not get all of it")
	got, torn := readLog(t, redis.ports[redisPort])
	for key, of := range got {
		got[key] = slices.Compact(of) // under ids of their own: a client of Kinesis sends again what it gets no answer to
	}
	got.check(t, "log", rounds)
	if torn == 0 {
		t.Error("readers are not told that a Redis began anew")
	}
	t.Logf("%d records; Redis was killed %d times", rounds*loadKeys, redisDeaths)
	cloud.wantConfined(t, "/var/lib/localstack", "/tmp", "/sbin/docker-init")
}

// withVolume has a volume in the container that goes with it.
func withVolume(path string) testcontainers.CustomizeRequestOption {
	return testcontainers.WithHostConfigModifier(func(h *container.HostConfig) {
		h.Mounts = append(h.Mounts, mount.Mount{Type: mount.TypeVolume, Target: path})
	})
}

func answers(url string) bool {
	resp, err := http.Get(url)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// pings asks Redis as the health check of compose.yaml does.
func (p *piece) pings(t *testing.T) bool {
	t.Helper()
	code, _, err := p.Exec(t.Context(), serviceOf(t, "redis").HealthCheck.Test[1:])
	return err == nil && code == 0
}

package ecr_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/spillway/spillway/pkg/deploy/binary/binarytest"
	"github.com/spillway/spillway/pkg/deploy/image"
	"github.com/spillway/spillway/pkg/sandbox/ecr"
)

const account, region = "123456789012", "us-east-1"

// world is a service behind a server, and a client of its API.
type world struct {
	service *ecr.Service
	api     *client.Client
	host    string
	now     time.Time
}

func newWorld(t *testing.T, maxBytes int64) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.service.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	var err error
	w.service, err = ecr.New(ecr.Config{
		Region: region, AccountID: account, Endpoint: server.URL, Dir: t.TempDir(), MaxBytes: maxBytes, Clock: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.host = strings.TrimPrefix(server.URL, "http://")
	w.api = client.New(client.Options{
		Region: region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), RetryMaxAttempts: 1,
	})
	return w
}

func (w *world) create(t *testing.T, name string, mutability types.ImageTagMutability) {
	t.Helper()
	if _, err := w.api.CreateRepository(t.Context(), &client.CreateRepositoryInput{RepositoryName: &name, ImageTagMutability: mutability}); err != nil {
		t.Fatal(err)
	}
}

// login returns the user and the password of a token.
func (w *world) login(t *testing.T) (user, password string) {
	t.Helper()
	out, err := w.api.GetAuthorizationToken(t.Context(), &client.GetAuthorizationTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	data := out.AuthorizationData[0]
	text, err := base64.StdEncoding.DecodeString(*data.AuthorizationToken)
	if err != nil || *data.ProxyEndpoint != "http://"+w.host || !data.ExpiresAt.Equal(w.now.Add(12*time.Hour)) {
		t.Fatalf("%v, %v", data, err)
	}
	user, password, _ = strings.Cut(string(text), ":")
	return user, password
}

func (w *world) basic(t *testing.T) remote.Option {
	user, password := w.login(t)
	return remote.WithAuth(&authn.Basic{Username: user, Password: password})
}

func gateway(t *testing.T) *image.Image {
	t.Helper()
	i, err := image.New(image.Spec{
		Name: "gateway", Env: map[string]string{"A": "1"}, Writable: []string{"/tmp"}, Ports: []int{8443},
		Programs: []string{binarytest.Write(t, elf.EM_X86_64, false, "for amd64"), binarytest.Write(t, elf.EM_AARCH64, false, "for arm64")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (w *world) push(t *testing.T, i *image.Image, repository string) {
	t.Helper()
	user, password := w.login(t)
	if err := i.Push(t.Context(), image.Target{Repository: w.host + "/" + repository, User: user, Password: password, Insecure: true}); err != nil {
		t.Fatal(err)
	}
}

func TestPushAndUnpack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.create(t, "spillway", types.ImageTagMutabilityImmutable)
	i := gateway(t)
	w.push(t, i, "spillway")
	w.push(t, i, "spillway") // what is there is no mistake

	for _, ref := range []string{account + ".dkr.ecr." + region + ".amazonaws.com/spillway@" + i.Digest(), w.host + "/spillway@" + i.Digest()} {
		for arch, content := range map[string]string{"amd64": "for amd64", "arm64": "for arm64"} {
			got, err := w.service.Image(ref, arch)
			if err != nil {
				t.Fatal(err)
			}
			want := ecr.ImageConfig{User: "65532:65532", Env: []string{"A=1"}, Entrypoint: []string{"/gateway"}, WorkingDir: "/", ExposedPorts: map[string]struct{}{"8443/tcp": {}}}
			if diff := cmp.Diff(want, got.Config); diff != "" || got.Digest != i.Digest() {
				t.Errorf("%s %s", got.Digest, diff)
			}
			dir := t.TempDir()
			if err := got.Unpack(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			program, err := os.ReadFile(filepath.Join(dir, "gateway"))
			if err != nil || !strings.HasSuffix(string(program), content) {
				t.Errorf("%s: %q, %v", arch, program, err)
			}
			info, err := os.Stat(filepath.Join(dir, "gateway"))
			if err != nil || info.Mode() != 0o555 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			if info, err := os.Stat(filepath.Join(dir, "tmp")); err != nil || info.Mode() != os.ModeDir|os.ModeSticky|0o777 {
				t.Errorf("/tmp: %v, %v", info.Mode(), err)
			}
		}
	}
	if _, err := w.service.Image(w.host+"/spillway@"+i.Digest(), "riscv64"); err == nil || !strings.Contains(err.Error(), "does not contain descriptor matching platform 'linux/riscv64'") {
		t.Errorf("another architecture: %v", err)
	}
	if _, err := w.service.Image("public.ecr.aws/docker/library/redis:8-alpine", "arm64"); !errors.Is(err, ecr.ErrForeign) {
		t.Errorf("another registry: %v", err)
	}
}

func TestImagesOfTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.create(t, "a/b", types.ImageTagMutabilityMutable)
	i := gateway(t)
	w.push(t, i, "a/b")
	repository := aws.String("a/b")

	described, err := w.api.DescribeImages(t.Context(), &client.DescribeImagesInput{RepositoryName: repository, ImageIds: []types.ImageIdentifier{{ImageDigest: aws.String(i.Digest())}}})
	if err != nil {
		t.Fatal(err)
	}
	d := described.ImageDetails[0]
	if *d.ImageDigest != i.Digest() || *d.ImageManifestMediaType != "application/vnd.oci.image.index.v1+json" || *d.ImageSizeInBytes <= 0 || !d.ImagePushedAt.Equal(w.now) {
		t.Errorf("%+v", d)
	}
	listed, err := w.api.ListImages(t.Context(), &client.ListImagesInput{RepositoryName: repository, Filter: &types.ListImagesFilter{TagStatus: types.TagStatusUntagged}})
	if err != nil || len(listed.ImageIds) != 3 {
		t.Errorf("%d images, %v, want the index and two", len(listed.ImageIds), err)
	}
	missing := "sha256:" + strings.Repeat("0", 64)
	got, err := w.api.BatchGetImage(t.Context(), &client.BatchGetImageInput{RepositoryName: repository, ImageIds: []types.ImageIdentifier{
		{ImageDigest: aws.String(i.Digest())}, {ImageDigest: &missing}, {ImageTag: aws.String("none")}, {},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var codes []types.ImageFailureCode
	for _, f := range got.Failures {
		codes = append(codes, f.FailureCode)
	}
	if diff := cmp.Diff([]types.ImageFailureCode{"ImageNotFound", "ImageNotFound", "MissingDigestAndTag"}, codes); diff != "" {
		t.Error(diff)
	}
	index, err := v1.ParseIndexManifest(strings.NewReader(*got.Images[0].ImageManifest))
	if err != nil || len(index.Manifests) != 2 {
		t.Fatalf("%+v, %v", index, err)
	}
	child := index.Manifests[0].Digest.String()
	deleted, err := w.api.BatchDeleteImage(t.Context(), &client.BatchDeleteImageInput{RepositoryName: repository, ImageIds: []types.ImageIdentifier{{ImageDigest: &child}}})
	if err != nil || len(deleted.Failures) != 1 || deleted.Failures[0].FailureCode != types.ImageFailureCodeImageReferencedByManifestList {
		t.Errorf("%+v, %v", deleted, err)
	}
	if _, err := w.api.DeleteRepository(t.Context(), &client.DeleteRepositoryInput{RepositoryName: repository}); code(err) != "RepositoryNotEmptyException" {
		t.Errorf("delete with images: %v", err)
	}
	if _, err := w.api.DeleteRepository(t.Context(), &client.DeleteRepositoryInput{RepositoryName: repository, Force: true}); err != nil {
		t.Error(err)
	}
	if _, err := w.service.Image(w.host+"/a/b@"+i.Digest(), "amd64"); code(err) != "" || err == nil || !strings.Contains(err.Error(), "RepositoryNotFoundException") {
		t.Errorf("after the deletion: %v", err)
	}
}

func TestLayersGoWithTheirLastImage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.create(t, "r1", "")
	i := gateway(t)
	w.push(t, i, "r1")
	layer := func(want types.LayerAvailability, digest string) {
		t.Helper()
		out, err := w.api.BatchCheckLayerAvailability(t.Context(), &client.BatchCheckLayerAvailabilityInput{RepositoryName: aws.String("r1"), LayerDigests: []string{digest, "x"}})
		if err != nil || len(out.Layers) != 1 || out.Layers[0].LayerAvailability != want || len(out.Failures) != 1 {
			t.Errorf("%+v, %v, want %s", out, err, want)
		}
	}
	ref, _ := name.NewDigest(w.host + "/r1@" + i.Digest())
	single, err := remote.Image(ref, w.basic(t), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "arm64"}))
	if err != nil {
		t.Fatal(err)
	}
	layers, err := single.Layers()
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := layers[0].Digest()
	child, _ := single.Digest()
	layer(types.LayerAvailabilityAvailable, digest.String())
	for _, d := range []string{i.Digest(), child.String()} {
		out, err := w.api.BatchDeleteImage(t.Context(), &client.BatchDeleteImageInput{RepositoryName: aws.String("r1"), ImageIds: []types.ImageIdentifier{{ImageDigest: aws.String(d)}}})
		if err != nil || len(out.Failures) > 0 {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	layer(types.LayerAvailabilityUnavailable, digest.String())
	w.push(t, i, "r1")
	layer(types.LayerAvailabilityAvailable, digest.String())
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	user, password := w.login(t)
	tests := []struct {
		name, user, password string
		later                time.Duration
		want                 int
	}{
		{"good", user, password, 12*time.Hour - time.Second, http.StatusOK},
		{"expired", user, password, 12 * time.Hour, http.StatusForbidden},
		{"none", "", "", 0, http.StatusUnauthorized},
		{"another user", "root", password, 0, http.StatusUnauthorized},
		{"another time", user, "1" + password, 0, http.StatusUnauthorized},
		{"nonsense", user, "x", 0, http.StatusUnauthorized},
	}
	begin := w.now
	for _, tt := range tests {
		w.now = begin.Add(tt.later)
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.host+"/v2/", nil)
		if tt.user != "" {
			r.SetBasicAuth(tt.user, tt.password)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want || (tt.want == http.StatusUnauthorized) != (resp.Header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: %d %q", tt.name, resp.StatusCode, resp.Header.Get("WWW-Authenticate"))
		}
	}
}

// layered makes an image of layers that are given as files; a name with a slash at its end is a directory, and a content that begins
// with -> is where a link points.
func layered(t *testing.T, layers ...[][2]string) v1.Image {
	t.Helper()
	img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", RootFS: v1.RootFS{Type: "layers"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, files := range layers {
		var buf bytes.Buffer
		w := tar.NewWriter(&buf)
		for _, f := range files {
			h := &tar.Header{Name: f[0], Mode: 0o644, Size: int64(len(f[1])), Typeflag: tar.TypeReg}
			switch link, ok := strings.CutPrefix(f[1], "->"); {
			case ok:
				h.Typeflag, h.Linkname, h.Size, f[1] = tar.TypeSymlink, link, 0, ""
			case strings.HasSuffix(f[0], "/"):
				h.Typeflag, h.Mode = tar.TypeDir, 0o755
			}
			if err := w.WriteHeader(h); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, f[1]); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil })
		if err != nil {
			t.Fatal(err)
		}
		if img, err = mutate.AppendLayers(img, layer); err != nil {
			t.Fatal(err)
		}
	}
	return img
}

func TestUnpackLayers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.create(t, "r1", "")
	outside := filepath.Join(t.TempDir(), "outside")
	tests := []struct {
		name   string
		layers [][][2]string
		want   map[string]string
		err    string
	}{
		{"upper layers win", [][][2]string{{{"a", "1"}, {"d/", ""}, {"d/x", "x"}, {"d/y", "y"}, {"o/1", "1"}}, {{"a", "2"}, {"d/.wh.x", ""}, {"o/.wh..wh..opq", ""}, {"o/2", "2"}, {"d/z", "->y"}}},
			map[string]string{"a": "2", "d/y": "y", "o/2": "2", "d/z": "y"}, ""},
		{"up and out", [][][2]string{{{"../../up", "1"}}}, map[string]string{"up": "1"}, ""},
		{"a link out", [][][2]string{{{"l", "->" + outside}}, {{"l/f", "1"}}}, nil, "path escapes"},
	}
	for _, tt := range tests {
		ref, _ := name.NewTag(w.host + "/r1:" + strings.ReplaceAll(tt.name, " ", "-"))
		if err := remote.Write(ref, layered(t, tt.layers...), w.basic(t)); err != nil {
			t.Fatal(err)
		}
		img, err := w.service.Image(ref.Name(), "amd64")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		err = img.Unpack(t.Context(), dir)
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.err)
		}
		got := map[string]string{}
		walked := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() && tt.want != nil {
				text, _ := os.ReadFile(path)
				rel, _ := filepath.Rel(dir, path)
				got[rel] = string(text)
			}
			return err
		})
		if walked != nil {
			t.Error(walked)
		}
		if diff := cmp.Diff(tt.want, got); tt.want != nil && diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	if _, err := os.Lstat(outside); err == nil {
		t.Error("something was written outside")
	}
}

func TestTagsThatAreImmutable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.create(t, "fixed", types.ImageTagMutabilityImmutable)
	w.create(t, "free", types.ImageTagMutabilityMutable)
	first, second := layered(t, [][2]string{{"a", "1"}}), layered(t, [][2]string{{"a", "2"}})
	for repository, want := range map[string]string{"fixed": "TAG_INVALID", "free": ""} {
		ref, _ := name.NewTag(w.host + "/" + repository + ":v1")
		for range 2 {
			if err := remote.Write(ref, first, w.basic(t)); err != nil {
				t.Fatalf("%s: %v", repository, err)
			}
		}
		err := remote.Write(ref, second, w.basic(t))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", repository, err, want)
		}
	}
	listed, err := w.api.ListImages(t.Context(), &client.ListImagesInput{RepositoryName: aws.String("free")})
	if err != nil || len(listed.ImageIds) != 2 {
		t.Errorf("%v, %v", listed, err)
	}
	tags, err := remote.List(must(name.NewRepository(w.host+"/free")), w.basic(t))
	if diff := cmp.Diff([]string{"v1"}, tags); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestPushIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4096)
	w.create(t, "r1", "")
	var noise strings.Builder
	for i := range 2000 {
		noise.WriteString(time.Unix(int64(i*i), int64(i)).String())
	}
	tests := []struct {
		name, repository, content, want string
	}{
		{"no repository", "none", "x", "NAME_UNKNOWN: The repository with name 'none' does not exist in the registry with id '123456789012'"},
		{"too large", "r1", noise.String(), "the sandbox keeps at most 4096 bytes"},
		{"small enough after that", "r1", "x", ""},
	}
	for _, tt := range tests {
		ref, _ := name.NewTag(w.host + "/" + tt.repository + ":v1")
		err := remote.Write(ref, layered(t, [][2]string{{"a", tt.content}}), w.basic(t), remote.WithRetryBackoff(remote.Backoff{Steps: 1}))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	for _, name := range []string{"bb", "aa", "cc"} {
		w.create(t, name, "")
	}
	out, err := w.api.DescribeRepositories(t.Context(), &client.DescribeRepositoriesInput{MaxResults: aws.Int32(2)})
	if err != nil || len(out.Repositories) != 2 || *out.Repositories[0].RepositoryName != "aa" {
		t.Fatalf("%+v, %v", out, err)
	}
	r := out.Repositories[0]
	if *r.RepositoryUri != w.host+"/aa" || *r.RepositoryArn != "arn:aws:ecr:us-east-1:123456789012:repository/aa" || !r.CreatedAt.Equal(w.now) || r.ImageTagMutability != "MUTABLE" {
		t.Errorf("%+v", r)
	}
	if out, err = w.api.DescribeRepositories(t.Context(), &client.DescribeRepositoriesInput{NextToken: out.NextToken}); err != nil || len(out.Repositories) != 1 || out.NextToken != nil {
		t.Errorf("%+v, %v", out, err)
	}
	policy := `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":10},"action":{"type":"expire"}}]}`
	_, none := w.api.GetLifecyclePolicy(t.Context(), &client.GetLifecyclePolicyInput{RepositoryName: aws.String("aa")})
	if _, err := w.api.PutLifecyclePolicy(t.Context(), &client.PutLifecyclePolicyInput{RepositoryName: aws.String("aa"), LifecyclePolicyText: &policy}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.api.GetLifecyclePolicy(t.Context(), &client.GetLifecyclePolicyInput{RepositoryName: aws.String("aa")}); err != nil || *got.LifecyclePolicyText != policy {
		t.Errorf("%v, %v", got, err)
	}
	_, twice := w.api.CreateRepository(t.Context(), &client.CreateRepositoryInput{RepositoryName: aws.String("aa")})
	_, upper := w.api.CreateRepository(t.Context(), &client.CreateRepositoryInput{RepositoryName: aws.String("UP")})
	_, other := w.api.DeleteRepository(t.Context(), &client.DeleteRepositoryInput{RepositoryName: aws.String("aa"), RegistryId: aws.String("000000000000")})
	_, bad := w.api.PutLifecyclePolicy(t.Context(), &client.PutLifecyclePolicyInput{RepositoryName: aws.String("aa"), LifecyclePolicyText: aws.String("{}")})
	_, scan := w.api.StartImageScan(t.Context(), &client.StartImageScanInput{RepositoryName: aws.String("aa"), ImageId: &types.ImageIdentifier{}})
	got := []string{code(none), code(twice), code(upper), code(other), code(bad), code(scan)}
	want := []string{"LifecyclePolicyNotFoundException", "RepositoryAlreadyExistsException", "InvalidParameterException", "RepositoryNotFoundException", "InvalidParameterException", "UnknownOperationException"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUploadsInPieces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.create(t, "r1", "")
	user, password := w.login(t)
	call := func(method, path, contentRange, body string) *http.Response {
		t.Helper()
		r, _ := http.NewRequestWithContext(t.Context(), method, "http://"+w.host+path, strings.NewReader(body))
		r.SetBasicAuth(user, password)
		if contentRange != "" {
			r.Header.Set("Content-Range", contentRange)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	const digest = "sha256:88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589" // of abcd
	at := call(http.MethodPost, "/v2/r1/blobs/uploads/", "", "").Header.Get("Location")
	var got []int
	var ranges []string
	for _, piece := range [][2]string{{"0-1", "ab"}, {"1-2", "xx"}, {"2-3", "cd"}} {
		resp := call(http.MethodPatch, at, piece[0], piece[1])
		got, ranges = append(got, resp.StatusCode), append(ranges, resp.Header.Get("Range"))
	}
	resp := call(http.MethodGet, at, "", "")
	got, ranges = append(got, resp.StatusCode), append(ranges, resp.Header.Get("Range"))
	got = append(got, call(http.MethodPut, at+"?digest="+digest, "", "").StatusCode, call(http.MethodHead, "/v2/r1/blobs/"+digest, "", "").StatusCode,
		call(http.MethodGet, at, "", "").StatusCode)
	if diff := cmp.Diff([]int{202, 416, 202, 204, 201, 200, 404}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"0-1", "", "0-3", "0-3"}, ranges); diff != "" {
		t.Error(diff)
	}
	at = call(http.MethodPost, "/v2/r1/blobs/uploads/", "", "").Header.Get("Location")
	if resp := call(http.MethodPut, at+"?digest="+digest, "", "other"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong digest: %d", resp.StatusCode)
	}
	for range 200 { // abandoned ones make room
		if resp := call(http.MethodPost, "/v2/r1/blobs/uploads/", "", ""); resp.StatusCode != http.StatusAccepted {
			t.Fatalf("%d", resp.StatusCode)
		}
	}
}

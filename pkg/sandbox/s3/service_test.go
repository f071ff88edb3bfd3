package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/spillway/spillway/pkg/sandbox/s3"
)

type setup struct {
	service *s3.Service
	server  *httptest.Server
	client  *awss3.Client
}

func newSetup(t testing.TB, secure bool, change ...func(*s3.Config)) *setup {
	t.Helper()
	cfg := s3.Config{Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	s := &setup{service: s3.New(cfg)}
	if secure {
		s.server = httptest.NewTLSServer(s.service)
	} else {
		s.server = httptest.NewServer(s.service)
	}
	t.Cleanup(s.server.Close)
	s.client = awss3.New(awss3.Options{
		BaseEndpoint: aws.String(s.server.URL), Region: "us-east-1", UsePathStyle: true, HTTPClient: s.server.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""), RetryMaxAttempts: 1,
	})
	if err := s.service.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	return s
}

// onlyReader hides that a body could be read twice, so that the client has to stream it.
type onlyReader struct{ io.Reader }

func TestPutObject(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	tests := map[string]struct {
		secure bool
		in     awss3.PutObjectInput
	}{
		"default checksum":            {in: awss3.PutObjectInput{Body: bytes.NewReader(data)}},
		"default checksum over TLS":   {secure: true, in: awss3.PutObjectInput{Body: bytes.NewReader(data)}},
		"streamed with a trailer":     {secure: true, in: awss3.PutObjectInput{Body: onlyReader{bytes.NewReader(data)}, ContentLength: aws.Int64(int64(len(data)))}},
		"SHA-256":                     {in: awss3.PutObjectInput{Body: bytes.NewReader(data), ChecksumAlgorithm: types.ChecksumAlgorithmSha256}},
		"SHA-256 over TLS":            {secure: true, in: awss3.PutObjectInput{Body: bytes.NewReader(data), ChecksumAlgorithm: types.ChecksumAlgorithmSha256}},
		"with an encoding of its own": {secure: true, in: awss3.PutObjectInput{Body: bytes.NewReader(data), ContentEncoding: aws.String("gzip")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, tt.secure)
			tt.in.Bucket, tt.in.Key = aws.String("bucket"), aws.String("a/key")
			if _, err := s.client.PutObject(t.Context(), &tt.in); err != nil {
				t.Fatal(err)
			}
			direct, err := s.service.Get("bucket", "a/key")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(direct, data) {
				t.Errorf("%d bytes stored, they begin with %.80q", len(direct), direct)
			}
			out, err := s.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: tt.in.Bucket, Key: tt.in.Key})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = out.Body.Close() }()
			got, err := io.ReadAll(out.Body)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes read (%v)", len(got), err)
			}
			if aws.ToString(out.ContentEncoding) != aws.ToString(tt.in.ContentEncoding) {
				t.Errorf("content encoding %q", aws.ToString(out.ContentEncoding))
			}
		})
	}
}

func TestSignedChunks(t *testing.T) {
	t.Parallel()
	s := newSetup(t, false)
	signature := strings.Repeat("a", 64)
	body := "5;chunk-signature=" + signature + "\r\nhello\r\n6;chunk-signature=" + signature + "\r\n world\r\n" +
		"0;chunk-signature=" + signature + "\r\nx-amz-checksum-crc32:DUoRhQ==\r\nx-amz-trailer-signature:" + signature + "\r\n\r\n"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.server.URL+"/bucket/key", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
	req.Header.Set("X-Amz-Decoded-Content-Length", "11")
	req.Header.Set("Content-Encoding", "aws-chunked")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	got, err := s.service.Get("bucket", "key")
	if err != nil || string(got) != "hello world" {
		t.Errorf("stored %q (%v), status %d", got, err, resp.StatusCode)
	}
}

func TestMultipartUpload(t *testing.T) {
	t.Parallel()
	const part = 5 << 20
	s := newSetup(t, false, func(c *s3.Config) { c.MaxBytes = 4*part + 10 })
	upload, err := s.client.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	if err != nil {
		t.Fatal(err)
	}
	var parts []types.CompletedPart
	for i := range int32(2) {
		out, err := s.client.UploadPart(t.Context(), &awss3.UploadPartInput{
			Bucket: aws.String("bucket"), Key: aws.String("key"), UploadId: upload.UploadId, PartNumber: aws.Int32(i + 1),
			Body: bytes.NewReader(bytes.Repeat([]byte{byte('a' + i)}, part)),
		})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(i + 1)})
	}
	if err := s.service.Put("bucket", "other", make([]byte, 2*part+11)); !errors.Is(err, s3.ErrFull) {
		t.Errorf("the parts are not counted: %v", err)
	}
	if _, err := s.client.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{
		Bucket: aws.String("bucket"), Key: aws.String("key"), UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.service.Get("bucket", "key"); err != nil || len(got) != 2*part || got[0] != 'a' || got[part] != 'b' {
		t.Errorf("%d bytes (%v)", len(got), err)
	}
	if err := s.service.Put("bucket", "other", make([]byte, 2*part+10)); err != nil {
		t.Errorf("the parts are still counted: %v", err)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	s := newSetup(t, false, func(c *s3.Config) { c.MaxBytes = 100 })
	put := func(key string, n int) error {
		_, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{
			Bucket: aws.String("bucket"), Key: aws.String(key), Body: bytes.NewReader(make([]byte, n)),
		})
		return err
	}
	steps := []struct {
		name string
		do   func() error
		ok   bool
	}{
		{"60 of 100", func() error { return put("a", 60) }, true},
		{"beyond the budget", func() error { return put("b", 41) }, false},
		{"up to it", func() error { return put("b", 40) }, true},
		{"a smaller one instead", func() error { return s.service.Put("bucket", "b", nil) }, true},
		{"a copy beyond it", func() error {
			_, err := s.client.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("c"), CopySource: aws.String("bucket/a")})
			return err
		}, false},
		{"delete", func() error {
			_, err := s.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a")})
			return err
		}, true},
		{"all of it", func() error { return put("d", 100) }, true},
		{"delete many", func() error {
			_, err := s.client.DeleteObjects(t.Context(), &awss3.DeleteObjectsInput{
				Bucket: aws.String("bucket"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("d")}, {Key: aws.String("b")}}},
			})
			return err
		}, true},
		{"all of it again", func() error { return s.service.Put("bucket", "e", make([]byte, 100)) }, true},
	}
	for _, step := range steps {
		if err := step.do(); (err == nil) != step.ok {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	s := newSetup(t, false)
	if _, err := s.client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("second")}); err != nil {
		t.Fatal(err)
	}
	if !s.service.BucketExists("second") || s.service.BucketExists("third") {
		t.Error("BucketExists is wrong")
	}
	if err := s.service.Put("second", "k1", []byte("x")); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		err  error
		want error
	}{
		"create twice":        {s.service.CreateBucket("second"), s3.ErrBucketExists},
		"delete a full one":   {s.service.DeleteBucket("second"), s3.ErrBucketNotEmpty},
		"delete none":         {s.service.DeleteBucket("third"), s3.ErrNoSuchBucket},
		"put into none":       {s.service.Put("third", "k", nil), s3.ErrNoSuchBucket},
		"get from none":       {second(s.service.Get("third", "k")), s3.ErrNoSuchBucket},
		"get what is not":     {second(s.service.Get("second", "k")), s3.ErrNoSuchKey},
		"delete an empty one": {s.service.DeleteBucket("bucket"), nil},
	}
	for name, tt := range tests {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.err, tt.want)
		}
	}
	if err := s.service.CreateBucket("Bad_Name"); err == nil {
		t.Error("created a bucket with a bad name")
	}
}

func second(_ []byte, err error) error { return err }

func TestHostStyle(t *testing.T) {
	t.Parallel()
	s := newSetup(t, false, func(c *s3.Config) { c.Hosts = []string{"s3.localhost"} })
	if err := s.service.Put("bucket", "key", []byte("data")); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "bucket.s3.localhost"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if got, err := io.ReadAll(resp.Body); err != nil || string(got) != "data" {
		t.Errorf("got %q (%v)", got, err)
	}
}

// The stock AWS CLI copies a file there and back, once in one piece and once in parts.
func TestStockCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws s3 cp` works is NOT shown by this run")
	}
	s := newSetup(t, false)
	for _, size := range []int{1000, 20 << 20} {
		t.Run(fmt.Sprintf("%d bytes", size), func(t *testing.T) {
			dir := t.TempDir()
			data := bytes.Repeat([]byte("x"), size)
			if err := os.WriteFile(filepath.Join(dir, "there"), data, 0o600); err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) {
				t.Helper()
				cmd := exec.CommandContext(context.Background(), cli, append([]string{"--cli-read-timeout", "0", "--endpoint-url", s.server.URL, "--region", "us-east-1", "s3", "cp"}, args...)...)
				cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			}
			run(filepath.Join(dir, "there"), "s3://bucket/file")
			run("s3://bucket/file", filepath.Join(dir, "back"))
			back, err := os.ReadFile(filepath.Join(dir, "back"))
			if err != nil || !bytes.Equal(back, data) {
				t.Errorf("%d bytes came back (%v)", len(back), err)
			}
		})
	}
}

package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
	"github.com/spillway/spillway/pkg/sandbox/s3"
)

// objects lets Lambda and CloudFormation read and write S3.
type objects struct{ *s3.Service }

// Object implements lambda.Objects.
func (o objects) Object(_ context.Context, bucket, key string, maxBytes int64) ([]byte, error) {
	data, err := o.Get(bucket, key)
	switch {
	case errors.Is(err, s3.ErrNoSuchBucket):
		return nil, lambda.ErrNoSuchBucket
	case errors.Is(err, s3.ErrNoSuchKey):
		return nil, lambda.ErrNoSuchKey
	case err == nil && int64(len(data)) > maxBytes:
		return nil, lambda.ErrObjectTooLarge
	}
	return data, err
}

// ReadObject implements cloudformation.ObjectReader.
func (o objects) ReadObject(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	data, err := o.Get(bucket, key)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

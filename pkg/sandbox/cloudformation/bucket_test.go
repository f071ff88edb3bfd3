package cloudformation_test

import (
	"context"
	"io"

	"github.com/johannesboyne/gofakes3"
)

// bucketReader reads templates from a gofakes3 backend, as the local cloud does.
type bucketReader struct{ backend gofakes3.Backend }

func (b bucketReader) ReadObject(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	o, err := b.backend.GetObject(bucket, key, nil)
	if err != nil {
		return nil, err
	}
	return o.Contents, nil
}

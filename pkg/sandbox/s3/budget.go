package s3

import (
	"io"
	"strings"
	"sync"

	"github.com/johannesboyne/gofakes3"
)

// budget counts the bytes of objects and of parts of unfinished uploads.
type budget struct {
	mu      sync.Mutex // guards what follows
	max     int64
	used    int64
	objects map[string]int64 // by bucket/key
	uploads map[string]int64 // by upload id
}

func newBudget(limit int64) *budget {
	return &budget{max: limit, objects: make(map[string]int64), uploads: make(map[string]int64)}
}

// take reserves n bytes if they are left.
func (b *budget) take(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n < 0 || n > b.max-b.used {
		return false
	}
	b.used += n
	return true
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
}

// left tells whether n bytes are left.
func (b *budget) left(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return n >= 0 && n <= b.max-b.used
}

// store books n reserved bytes for an object and gives back those of the object that it replaces.
func (b *budget) store(bucket, key string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= b.objects[bucket+"/"+key]
	b.objects[bucket+"/"+key] = n
}

// drop gives back the bytes of a deleted object.
func (b *budget) drop(bucket, key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= b.objects[bucket+"/"+key]
	delete(b.objects, bucket+"/"+key)
}

// part books n reserved bytes for an unfinished upload; ended gives back all of them.
func (b *budget) part(upload string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.uploads[upload] += n
}

func (b *budget) ended(upload string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= b.uploads[upload]
	delete(b.uploads, upload)
}

// backend keeps the budget for what it stores. Methods that are not here are the store's own.
type backend struct {
	gofakes3.Backend
	budget *budget

	writes sync.Mutex // held while an object changes, so that the budget sees changes in the store's order
}

// PutObject stores an object within the budget.
func (b *backend) PutObject(bucket, key string, meta map[string]string, in io.Reader, size int64, cond *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	if !b.budget.take(size) {
		return gofakes3.PutObjectResult{}, errFull{}
	}
	body, err := gofakes3.ReadAll(in, size) // outside the lock: it comes at the client's pace
	if err != nil {
		b.budget.give(size)
		return gofakes3.PutObjectResult{}, err
	}
	b.writes.Lock()
	defer b.writes.Unlock()
	out, err := b.Backend.PutObject(bucket, key, objectMetadata(meta), newBytesReader(body), size, cond)
	if err != nil {
		b.budget.give(size)
		return out, err
	}
	b.budget.store(bucket, key, size)
	return out, nil
}

// objectMetadata is what of a request's headers belongs to the object. gofakes3 keeps them all and answers them with
// every later read, where the checksum of the whole is wrong for a range.
func objectMetadata(headers map[string]string) map[string]string {
	out := make(map[string]string, len(headers))
	for name, value := range headers {
		if !strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "X-Amz-Meta-") {
			out[name] = value
		}
	}
	return out
}

// CopyObject copies within the budget.
func (b *backend) CopyObject(srcBucket, srcKey, dstBucket, dstKey string, meta map[string]string) (gofakes3.CopyObjectResult, error) {
	return gofakes3.CopyObject(b, srcBucket, srcKey, dstBucket, dstKey, meta)
}

// DeleteObject deletes an object.
func (b *backend) DeleteObject(bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	b.writes.Lock()
	defer b.writes.Unlock()
	out, err := b.Backend.DeleteObject(bucket, key)
	if err == nil {
		b.budget.drop(bucket, key)
	}
	return out, err
}

// DeleteMulti deletes objects.
func (b *backend) DeleteMulti(bucket string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	b.writes.Lock()
	defer b.writes.Unlock()
	out, err := b.Backend.DeleteMulti(bucket, keys...)
	for _, deleted := range out.Deleted {
		b.budget.drop(bucket, deleted.Key)
	}
	return out, err
}

// errFull is ErrFull in the form that gofakes3 wants of its backend's errors.
type errFull struct{}

// Error is the text of ErrFull.
func (errFull) Error() string { return ErrFull.Error() }

// Unwrap makes errors.Is find ErrFull.
func (errFull) Unwrap() error { return ErrFull }

// ErrorCode is the nearest that gofakes3 gives a client's status to.
func (errFull) ErrorCode() gofakes3.ErrorCode { return gofakes3.ErrInvalidArgument }

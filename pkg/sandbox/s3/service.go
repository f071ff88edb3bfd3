package s3

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// DefaultMaxBytes is the budget of all objects together: a few dozen builds of a function, and a laptop's memory.
const DefaultMaxBytes = 1 << 30

// The errors that callers tell apart.
var (
	ErrNoSuchBucket   = errors.New("the specified bucket does not exist")
	ErrNoSuchKey      = errors.New("the specified key does not exist")
	ErrBucketExists   = errors.New("the bucket already exists")
	ErrBucketNotEmpty = errors.New("the bucket is not empty")
	ErrFull           = errors.New("the byte budget is used up")
)

// Config is what a [Service] needs. Logger is required.
type Config struct {
	Logger *slog.Logger
	// MaxBytes is the budget of all objects together; 0 means [DefaultMaxBytes].
	MaxBytes int64
	// Hosts are names below which a request's host names its bucket, as "s3.localhost" for bucket.s3.localhost.
	Hosts []string
}

// Service is the emulator.
type Service struct {
	backend *backend
	budget  *budget
	api     http.Handler
}

// New returns a service without buckets.
func New(cfg Config) *Service {
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	b := newBudget(cfg.MaxBytes)
	store := &backend{Backend: s3mem.New(), budget: b}
	fake := gofakes3.New(store,
		gofakes3.WithLogger(logger{cfg.Logger}), gofakes3.WithHostBucketBase(cfg.Hosts...),
		gofakes3.WithTimeSkewLimit(0), // no signature is checked, so a client's clock is its own affair
	)
	return &Service{backend: store, budget: b, api: fake.Server()}
}

// logger passes on what gofakes3 says about its own trouble; it names no payload.
type logger struct{ log *slog.Logger }

// Print logs errors and warnings.
func (l logger) Print(level gofakes3.LogLevel, v ...any) {
	switch level {
	case gofakes3.LogErr:
		l.log.Error("s3 request failed", "detail", fmt.Sprint(v...))
	case gofakes3.LogWarn:
		l.log.Warn("s3 request failed", "detail", fmt.Sprint(v...))
	case gofakes3.LogInfo, gofakes3.LogDebug:
	}
}

// CreateBucket makes a bucket; [ErrBucketExists] if there is one of that name.
func (s *Service) CreateBucket(name string) error {
	if err := gofakes3.ValidateBucketName(name); err != nil {
		return fmt.Errorf("create bucket %q: name must be 3-63 characters of a-z, 0-9, dot and hyphen: %w", name, err)
	}
	return wrap("create bucket "+name, s.backend.CreateBucket(name))
}

// DeleteBucket deletes an empty bucket.
func (s *Service) DeleteBucket(name string) error {
	return wrap("delete bucket "+name, s.backend.DeleteBucket(name))
}

// BucketExists tells whether there is a bucket of that name.
func (s *Service) BucketExists(name string) bool {
	exists, err := s.backend.BucketExists(name)
	return err == nil && exists
}

// Put stores an object; [ErrNoSuchBucket] if there is no such bucket, [ErrFull] beyond the budget.
func (s *Service) Put(bucket, key string, data []byte) error {
	if key == "" || len(key) > gofakes3.KeySizeLimit {
		return fmt.Errorf("put object: key must have 1 to %d bytes", gofakes3.KeySizeLimit)
	}
	_, err := s.backend.PutObject(bucket, key, map[string]string{}, bytes.NewReader(data), int64(len(data)), nil)
	return wrap("put object "+bucket+"/"+key, err)
}

// Get returns an object; [ErrNoSuchBucket] and [ErrNoSuchKey] are told apart.
func (s *Service) Get(bucket, key string) ([]byte, error) {
	object, err := s.backend.GetObject(bucket, key, nil)
	if err != nil {
		return nil, wrap("get object "+bucket+"/"+key, err)
	}
	defer func() { _ = object.Contents.Close() }()
	return io.ReadAll(object.Contents)
}

// wrap gives gofakes3's errors the names of this package.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	for code, known := range map[gofakes3.ErrorCode]error{
		gofakes3.ErrNoSuchBucket: ErrNoSuchBucket, gofakes3.ErrNoSuchKey: ErrNoSuchKey,
		gofakes3.ErrBucketAlreadyExists: ErrBucketExists, gofakes3.ErrBucketNotEmpty: ErrBucketNotEmpty,
	} {
		if gofakes3.HasErrorCode(err, code) {
			return fmt.Errorf("%s: %w", doing, known)
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

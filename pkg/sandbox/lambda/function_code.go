package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/spillway/spillway/pkg/sandbox/lambda/code"
)

const (
	// MaxZippedBytes is the most that an archive in a request may have: Lambda's 50 MB.
	MaxZippedBytes = 50 << 20
	// MaxZippedObjectBytes is the most that an archive in S3 may have: what it may unzip to.
	MaxZippedObjectBytes = code.MaxUnzippedBytes
	// MaxCodeStorageBytes bounds the archives of all functions together. AWS has 75 GB; this is a laptop's disk.
	MaxCodeStorageBytes = 4 << 30
	// MaxFunctions bounds their number, so that no caller can fill the memory with names.
	MaxFunctions = 1000
)

// FunctionCode is where the code of a function is: ZipFile, or S3Bucket and S3Key.
type FunctionCode struct {
	ZipFile  []byte
	S3Bucket string
	S3Key    string
}

// unpacked is code on disk.
type unpacked struct {
	taskRoot string
	size     int64
	sha256   string
}

// unpack fetches and unpacks code into a directory of its own.
func (s *Service) unpack(ctx context.Context, name string, c FunctionCode) (unpacked, error) {
	archive, err := s.fetch(ctx, c)
	if err != nil {
		return unpacked{}, err
	}
	if err := s.checkStorage(int64(len(archive))); err != nil {
		return unpacked{}, err
	}
	dir := filepath.Join(s.codeDir(), name+"-"+uuid.NewString())
	switch err := code.Unpack(archive, dir); {
	case errors.Is(err, code.ErrTooLarge):
		return unpacked{}, errorf(codeInvalidValue, "Unzipped size must be smaller than %d bytes", code.MaxUnzippedBytes)
	case errors.Is(err, code.ErrInvalid):
		return unpacked{}, errorf(codeInvalidValue,
			"Could not unzip uploaded file. Please check your file, then try to upload again. (%v)", err)
	case err != nil:
		return unpacked{}, err
	}
	if err := os.WriteFile(archiveOf(dir), archive, 0o600); err != nil {
		return unpacked{}, errors.Join(fmt.Errorf("keep archive: %w", err), removeCode(dir))
	}
	sum := sha256.Sum256(archive)
	return unpacked{taskRoot: dir, size: int64(len(archive)), sha256: base64.StdEncoding.EncodeToString(sum[:])}, nil
}

func (s *Service) fetch(ctx context.Context, c FunctionCode) ([]byte, error) {
	switch {
	case len(c.ZipFile) > 0 && (c.S3Bucket != "" || c.S3Key != ""):
		return nil, errorf(codeInvalidValue, "Please do not provide other FunctionCode parameters when providing a ZipFile.")
	case len(c.ZipFile) > MaxZippedBytes:
		return nil, errorf(codeEntityTooBig, "Request must be smaller than %d bytes for the CreateFunction operation", maxRequestBytes)
	case len(c.ZipFile) > 0:
		return c.ZipFile, nil
	case c.S3Bucket == "" || c.S3Key == "":
		return nil, errorf(codeInvalidValue, "Please provide a source for function code.")
	}
	archive, err := s.cfg.Objects.Object(ctx, c.S3Bucket, c.S3Key, MaxZippedObjectBytes)
	switch {
	case errors.Is(err, ErrNoSuchBucket):
		return nil, errorf(codeInvalidValue,
			"Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist")
	case errors.Is(err, ErrNoSuchKey):
		return nil, errorf(codeInvalidValue,
			"Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.")
	case errors.Is(err, ErrObjectTooLarge):
		return nil, errorf(codeInvalidValue, "Unzipped size must be smaller than %d bytes", code.MaxUnzippedBytes)
	}
	return archive, err
}

func (s *Service) checkStorage(more int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := more
	for _, f := range s.functions {
		for _, r := range f.revisions() {
			total += r.config.CodeSize
		}
	}
	if total > MaxCodeStorageBytes {
		return errorf(codeStorage, "Code storage limit exceeded.")
	}
	return nil
}

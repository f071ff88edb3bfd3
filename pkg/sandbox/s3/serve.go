package s3

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxOtherBytes bounds the bodies that are not objects: lists of keys or parts.
const maxOtherBytes = 2 << 20

// ServeHTTP answers the S3 API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = decodeChunks(r)
	size := r.ContentLength
	if r.Method != http.MethodPut {
		r.Body = http.MaxBytesReader(w, r.Body, maxOtherBytes)
		s.serveUpload(w, r, 0)
		return
	}
	if !s.budget.left(max(size, 0)) {
		refuse(w, "EntityTooLarge", fmt.Sprintf("Your proposed upload exceeds the %d bytes that all objects may have together", s.budget.max))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, max(size, 0))
	s.serveUpload(w, r, size)
}

// serveUpload answers a request and books what it does to an unfinished upload.
func (s *Service) serveUpload(w http.ResponseWriter, r *http.Request, size int64) {
	upload := r.URL.Query().Get("uploadId")
	if upload == "" {
		s.api.ServeHTTP(w, r)
		return
	}
	size = max(size, 0)
	if !s.budget.take(size) {
		refuse(w, "EntityTooLarge", "The byte budget of all objects is used up")
		return
	}
	watched := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	s.api.ServeHTTP(watched, r)
	ok := watched.status/100 == 2
	if ok && r.Method == http.MethodPut {
		s.budget.part(upload, size)
		return
	}
	s.budget.give(size)
	if ok && (r.Method == http.MethodPost || r.Method == http.MethodDelete) {
		s.budget.ended(upload)
	}
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status and passes it on.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func refuse(w http.ResponseWriter, code, text string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusBadRequest)
	// The connection may be gone; then nobody is left to be told.
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: text})
}

// decodeChunks takes the aws-chunked encoding from a request, if it has it.
func decodeChunks(r *http.Request) *http.Request {
	sha := r.Header.Get("X-Amz-Content-Sha256")
	if !strings.HasPrefix(sha, "STREAMING-") {
		return r
	}
	r = r.Clone(r.Context())
	size := int64(-1)
	if n, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64); err == nil {
		size = n
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{newChunkReader(r.Body), r.Body}
	r.ContentLength = size
	r.TransferEncoding = nil
	if size >= 0 {
		r.Header.Set("Content-Length", strconv.FormatInt(size, 10))
	} else {
		r.Header.Del("Content-Length")
	}
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	r.Header.Del("X-Amz-Decoded-Content-Length")
	dropEncoding(r.Header)
	return r
}

// dropEncoding removes aws-chunked from the encodings; the others belong to the object.
func dropEncoding(h http.Header) {
	var kept []string
	for part := range strings.SplitSeq(h.Get("Content-Encoding"), ",") {
		if part = strings.TrimSpace(part); part != "" && part != "aws-chunked" {
			kept = append(kept, part)
		}
	}
	h.Del("Content-Encoding")
	if len(kept) > 0 {
		h.Set("Content-Encoding", strings.Join(kept, ","))
	}
}

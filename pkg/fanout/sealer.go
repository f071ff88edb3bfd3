package fanout

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync"
)

const (
	// CursorKeyBytes is the length of a key: that of the hash.
	CursorKeyBytes = 32
	// MaxCursorKeys is enough to replace a key: the new one and the one before.
	MaxCursorKeys = 2

	// baseTagBytes and stepTagBytes are what is kept of a tag. A base is sent now and
	// then, a step with every response. Tags can be guessed only by asking a gateway,
	// and a step moves no further than its own client's subscription.
	baseTagBytes = 16
	stepTagBytes = 8

	// What a tag is of, so that one is never taken for the other.
	baseDomain = 'b'
	stepDomain = 's'
)

var errForged = errors.New("was not made by this service for this client")

// Sealer authenticates cursors by HMAC-SHA256: one that was changed, made up, or
// given to another client is refused. Gateways that share a key take each other's
// cursors. It may be used concurrently.
type Sealer struct{ keys []*sealKey } // the first seals, all open

// sealKey is a key and what has been computed of it.
type sealKey struct{ macs sync.Pool }

func newSealKey(key []byte) *sealKey {
	k := new(sealKey)
	k.macs.New = func() any { return hmac.New(sha256.New, key) }
	return k
}

// NewSealer returns a sealer of one or two keys of CursorKeyBytes: the first seals,
// the second is one that was in use before. Without any it makes a key of its own,
// so that cursors are good for as long as it lives.
func NewSealer(keys ...[]byte) (*Sealer, error) {
	if len(keys) > MaxCursorKeys {
		return nil, fmt.Errorf("%d cursor keys: want at most %d", len(keys), MaxCursorKeys)
	}
	for i, key := range keys {
		if len(key) != CursorKeyBytes {
			return nil, fmt.Errorf("cursor key %d has %d bytes, want %d", i+1, len(key), CursorKeyBytes)
		}
	}
	if len(keys) == 0 {
		own := make([]byte, CursorKeyBytes)
		_, _ = rand.Read(own) // never fails
		keys = [][]byte{own}
	}
	s := new(Sealer)
	for _, key := range keys {
		s.keys = append(s.keys, newSealKey(bytes.Clone(key)))
	}
	return s, nil
}

// digest is the hash of a base's body.
type digest [sha256.Size]byte

func digestOf(body []byte) digest { return sha256.Sum256(body) }

// appendTag appends the first n bytes of the tag of texts in a domain.
func (k *sealKey) appendTag(dst []byte, n int, domain byte, texts ...[]byte) []byte {
	mac, _ := k.macs.Get().(hash.Hash)
	defer k.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte{domain})
	for _, text := range texts {
		mac.Write(text)
	}
	var sum [sha256.Size]byte
	return append(dst, mac.Sum(sum[:0])[:n]...)
}

func (k *sealKey) baseTag(dst []byte, clientID string, body []byte) []byte {
	d := digestOf(body) // of fixed length, so that no client id runs into it
	return k.appendTag(dst, baseTagBytes, baseDomain, d[:], []byte(clientID))
}

func (k *sealKey) stepTag(dst []byte, base digest, places []byte) []byte {
	return k.appendTag(dst, stepTagBytes, stepDomain, base[:], places)
}

// sealBase returns a base for a client.
func (s *Sealer) sealBase(clientID string, body []byte) []byte {
	return s.keys[0].baseTag(body[:len(body):len(body)], clientID, body)
}

// sealStep fills in the tag at the beginning of step.
func (s *Sealer) sealStep(base digest, step []byte) {
	s.keys[0].stepTag(step[:0], base, step[stepTagBytes:])
}

// openBase returns the body of a base that was sealed for the client.
func (s *Sealer) openBase(clientID string, b []byte) ([]byte, error) {
	switch {
	case len(b) > maxCursorBytes:
		return nil, fmt.Errorf("is %d bytes long, at most %d are possible", len(b), maxCursorBytes)
	case len(b) < 1+epochBytes+1+baseTagBytes:
		return nil, errors.New("is too short")
	case b[0] != cursorVersion:
		return nil, fmt.Errorf("has version %d, want %d", b[0], cursorVersion)
	}
	body, got := b[:len(b)-baseTagBytes], b[len(b)-baseTagBytes:]
	for _, key := range s.keys {
		if hmac.Equal(got, key.baseTag(nil, clientID, body)) {
			return body, nil
		}
	}
	return nil, errForged
}

// openStep returns the places of a step that was sealed for the base.
func (s *Sealer) openStep(base digest, step []byte) ([]byte, error) {
	switch {
	case len(step) > maxCursorBytes:
		return nil, fmt.Errorf("is %d bytes long, at most %d are possible", len(step), maxCursorBytes)
	case len(step) < stepTagBytes:
		return nil, errors.New("is too short")
	}
	places := step[stepTagBytes:]
	for _, key := range s.keys {
		if hmac.Equal(step[:stepTagBytes], key.stepTag(nil, base, places)) {
			return places, nil
		}
	}
	return nil, errForged
}

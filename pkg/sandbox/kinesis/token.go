package kinesis

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"strings"
	"time"
)

// tokenLife is how long a shard iterator or a NextToken can be used.
const tokenLife = 300 * time.Second

// The uses of a sealed token; one made for a use does not open for another.
const (
	useIterator  = "iterator"
	useShards    = "shards"
	useStreams   = "streams"
	useConsumers = "consumers"
)

// sealer makes tokens that only the process that made them can read: encrypted
// and authenticated with a key that is never written down.
type sealer struct {
	aead   cipher.AEAD
	random io.Reader
}

// newSealer makes a sealer whose key and nonces are read from random.
func newSealer(random io.Reader) *sealer {
	var key [32]byte
	_, _ = random.Read(key[:]) // never fails
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // only for a key of a wrong length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for a block of a wrong length
	}
	return &sealer{aead: aead, random: random}
}

// tokenPrefix starts every token, as it does the service's.
const tokenPrefix = "\x00\x00\x00\x00\x00\x00\x00\x01"

// seal encrypts plain for one use. Two tokens of the same text differ.
func (s *sealer) seal(use string, plain []byte) string {
	var nonce [12]byte
	_, _ = s.random.Read(nonce[:]) // never fails
	out := append([]byte(tokenPrefix), nonce[:]...)
	return base64.StdEncoding.EncodeToString(s.aead.Seal(out, nonce[:], plain, []byte(use)))
}

func (s *sealer) open(use, token string) ([]byte, bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil || !strings.HasPrefix(string(raw), tokenPrefix) {
		return nil, false
	}
	sealed := raw[len(tokenPrefix):]
	size := s.aead.NonceSize()
	if len(sealed) < size {
		return nil, false
	}
	plain, err := s.aead.Open(nil, sealed[:size], sealed[size:], []byte(use))
	return plain, err == nil
}

// iterator is what a shard iterator says.
type iterator struct {
	created time.Time
	stream  string
	shard   int64
	from    Position
	// generation is how often iterators had been made to expire when this one was made.
	generation uint32
}

// The layout of an iterator before it is sealed: creation in milliseconds,
// shard index, kind, sequence number or milliseconds, generation, and the stream's name,
// padded so that the token has the length of the service's.
const (
	iteratorFixed   = 8 + 8 + 1 + 24 + 4
	iteratorMinimum = 152 - len(tokenPrefix) - gcmOverhead
	gcmOverhead     = 12 + 16
	iteratorStep    = 16
)

func (s *sealer) sealIterator(it iterator) string {
	size := iteratorMinimum + (len(it.stream)+2)/iteratorStep*iteratorStep
	plain := make([]byte, 0, size)
	plain = binary.BigEndian.AppendUint64(plain, uint64(it.created.UnixMilli()))
	plain = binary.BigEndian.AppendUint64(plain, uint64(it.shard))
	plain = append(plain, byte(it.from.kind))
	value := it.from.seq
	if it.from.kind == fromTime {
		value = number{lo: uint64(it.from.at)}
	}
	plain = value.append(plain)
	plain = binary.BigEndian.AppendUint32(plain, it.generation)
	plain = append(plain, it.stream...)
	return s.seal(useIterator, append(plain, make([]byte, size-len(plain))...))
}

func (s *sealer) openIterator(token string) (iterator, bool) {
	plain, ok := s.open(useIterator, token)
	if !ok || len(plain) < iteratorFixed {
		return iterator{}, false
	}
	it := iterator{
		created: time.UnixMilli(int64(binary.BigEndian.Uint64(plain))),
		shard:   int64(binary.BigEndian.Uint64(plain[8:])),
		from:    Position{kind: positionKind(plain[16])},
		stream:  strings.TrimRight(string(plain[iteratorFixed:]), "\x00"),

		generation: binary.BigEndian.Uint32(plain[iteratorFixed-4:]),
	}
	value := numberFrom(plain[17:])
	if it.from.kind == fromTime {
		it.from.at = int64(value.lo)
	} else {
		it.from.seq = value
	}
	return it, true
}

// page is where a listing goes on.
type page struct {
	Created int64 // milliseconds since 1970
	Stream  string
	After   string // the last item given
	Filter  *ShardFilter
}

func (s *Service) sealPage(use string, p page) string {
	p.Created = s.now().UnixMilli()
	plain, err := json.Marshal(p)
	if err != nil {
		panic(err) // a page holds nothing that cannot be encoded
	}
	return s.sealer.Load().seal(use, plain)
}

func (s *Service) openPage(use, token string) (page, error) {
	var p page
	plain, ok := s.sealer.Load().open(use, token)
	if !ok || json.Unmarshal(plain, &p) != nil {
		return page{}, errInvalidNextToken()
	}
	if s.now().Sub(time.UnixMilli(p.Created)) > tokenLife {
		return page{}, errExpiredNextToken()
	}
	return p, nil
}

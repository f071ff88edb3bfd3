package authn

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// DefaultRemembered is how many tokens are remembered: one for each of the 10,000
// streams that a gateway has room for by default, and some for those that are being
// renewed. With five scopes each that is some 15 MB.
const DefaultRemembered = 16 << 10

// memory is the tokens that passed. It holds their digests, not the tokens: who reads
// the gateway's memory or a dump of it finds none here, and how long a lookup takes
// says nothing of them.
type memory struct {
	tokens *lru.Cache[[sha256.Size]byte, Identity]
	now    func() time.Time
}

func newMemory(size int, now func() time.Time) (*memory, error) {
	tokens, err := lru.New[[sha256.Size]byte, Identity](size)
	return &memory{tokens, now}, err
}

// recall returns what a token says if it is remembered; live is whether it has not
// expired. A token that has expired is forgotten.
func (m *memory) recall(token string) (id Identity, live, ok bool) {
	digest := sha256.Sum256([]byte(token))
	id, ok = m.tokens.Get(digest)
	if live = ok && m.now().Before(id.Expires.Add(leeway)); ok && !live {
		m.tokens.Remove(digest)
	}
	return id, live, ok
}

func (m *memory) remember(token string, id Identity) {
	m.tokens.Add(sha256.Sum256([]byte(token)), id)
}

package deploy

import (
	"crypto/sha256"
	"encoding/hex"
)

// CodeKey is the key in the artifact bucket under which [Stack] puts the zip file of a function's binary. It is made of the zip file's
// content, so two binaries that are deployed as the same code have the same one.
func CodeKey(bootstrap string) (string, error) {
	b, err := newBundle(bootstrap)
	if err != nil {
		return "", err
	}
	return contentKey("code", ".zip", b.body), nil
}

// contentKey names content.
func contentKey(kind, extension string, body []byte) string {
	sum := sha256.Sum256(body)
	return kind + "/" + hex.EncodeToString(sum[:]) + extension
}

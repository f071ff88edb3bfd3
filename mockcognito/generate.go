package mockcognito

import (
	"crypto/rand"
	"fmt"
	"math/big"
)

// The forms of what Cognito generates.
const (
	lowerAlphabet   = "abcdefghijklmnopqrstuvwxyz0123456789"
	mixedAlphabet   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + lowerAlphabet
	poolSuffixSize  = 9
	clientIDSize    = 26
	clientSecretLen = 52
)

func randomText(alphabet string, n int) (string, error) {
	size := big.NewInt(int64(len(alphabet)))
	text := make([]byte, n)
	for i := range text {
		k, err := rand.Int(rand.Reader, size)
		if err != nil {
			return "", fmt.Errorf("generate random text: %w", err)
		}
		text[i] = alphabet[k.Int64()]
	}
	return string(text), nil
}

func newPoolID(region string) (string, error) {
	suffix, err := randomText(mixedAlphabet, poolSuffixSize)
	return region + "_" + suffix, err
}

package secretsmanager

import (
	"crypto/rand"
	"math/big"
	"strings"
)

// The kinds of characters of a password, as GetRandomPassword lists them.
const (
	lower       = "abcdefghijklmnopqrstuvwxyz"
	upper       = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits      = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	space       = " "
)

// PasswordInput says what a generated password is made of.
type PasswordInput struct {
	PasswordLength     *int
	ExcludeCharacters  string
	ExcludeNumbers     bool
	ExcludePunctuation bool
	ExcludeUppercase   bool
	ExcludeLowercase   bool
	IncludeSpace       bool
	// RequireEachIncludedType is true unless it is set.
	RequireEachIncludedType *bool
}

// kinds are the characters of each kind that a password may have, without those that are excluded.
func (in PasswordInput) kinds() []string {
	var out []string
	for _, k := range []struct {
		characters string
		wanted     bool
	}{
		{lower, !in.ExcludeLowercase}, {upper, !in.ExcludeUppercase}, {digits, !in.ExcludeNumbers}, {punctuation, !in.ExcludePunctuation}, {space, in.IncludeSpace},
	} {
		left := strings.Map(func(c rune) rune {
			if strings.ContainsRune(in.ExcludeCharacters, c) {
				return -1
			}
			return c
		}, k.characters)
		if k.wanted && left != "" {
			out = append(out, left)
		}
	}
	return out
}

// RandomPassword generates a password.
func RandomPassword(in PasswordInput) (string, error) {
	length := defaultPasswordLength
	if in.PasswordLength != nil {
		length = *in.PasswordLength
	}
	kinds := in.kinds()
	each := in.RequireEachIncludedType == nil || *in.RequireEachIncludedType
	switch {
	case length < 1 || length > maxPasswordLength:
		return "", invalidParameter("The password length must be between 1 and %d.", maxPasswordLength)
	case len(kinds) == 0:
		return "", invalidParameter("The password can't be generated: no characters are left.")
	case each && length < len(kinds):
		return "", invalidParameter("Password length is too short based on the required types.")
	}
	var password []byte
	if each {
		for _, characters := range kinds {
			password = append(password, random(1, characters)...)
		}
	}
	password = append(password, random(length-len(password), strings.Join(kinds, ""))...)
	for i := len(password) - 1; i > 0; i-- {
		j := below(i + 1)
		password[i], password[j] = password[j], password[i]
	}
	return string(password), nil
}

// random is a text of n random characters.
func random(n int, characters string) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = characters[below(len(characters))]
	}
	return string(text)
}

// below is a random number from 0 to n-1.
func below(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return int(i.Int64())
}

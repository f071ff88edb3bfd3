package inert

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// hexID is an id of EC2's form: a prefix and 17 hexadecimal digits, of which the first is 0.
func hexID(prefix string) string {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails
	return prefix + "-0" + hex.EncodeToString(raw)
}

// wordID is an id of an endpoint's names: a prefix and 16 small letters and digits.
func wordID(prefix string) string { return prefix + "-" + strings.ToLower(cloudformation.RandomID(16)) }

// documentationAddress is one of 203.0.113.0/24, which nobody has.
func documentationAddress() string {
	raw := make([]byte, 1)
	_, _ = rand.Read(raw)
	return "203.0.113." + strconv.Itoa(1+int(raw[0])%254)
}

// nameOr is a name that the template gives, or one that CloudFormation makes.
func nameOr(r cloudformation.Request, property string, limit int) string {
	if name := text(r.Properties, property); name != "" {
		return name
	}
	return cloudformation.PhysicalName(r, limit)
}

package kinesis_test

import "math/big"

// hexToDecimal writes a hexadecimal number in decimal.
func hexToDecimal(s string) string {
	n, ok := new(big.Int).SetString(s, 16)
	if !ok {
		panic("not hexadecimal: " + s)
	}
	return n.String()
}

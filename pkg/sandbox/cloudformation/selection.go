package cloudformation

import (
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
)

// selectFn is Fn::Select.
type selectFn struct{ index, items expression }

func (f selectFn) children() []expression { return []expression{f.index, f.items} }

func (f selectFn) evaluate(s *scope) (any, error) {
	text, err := s.text(f.index, "the index of Fn::Select")
	if err != nil {
		return nil, err
	}
	v, err := f.items.evaluate(s)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if hole, unsure := derived([]any{text, v}); unsure && (!ok || unmade(text) || len(list) == 1) {
		return hole, nil
	}
	if !ok {
		return nil, selectShape()
	}
	i, err := strconv.Atoi(text)
	if hole, unsure := derived(v); unsure && err == nil && i >= len(list) {
		return hole, nil
	}
	if err != nil || i < 0 || i >= len(list) {
		return nil, validationError("Template error: Fn::Select cannot select nonexistent value at index %s", clip(text))
	}
	return list[i], nil
}

func selectShape() *apiError {
	return validationError("Template error: Fn::Select requires a list argument with two elements: an integer index and a list")
}

func parseSelect(arg any) (expression, error) {
	list, _ := arg.([]any)
	if len(list) != 2 {
		return nil, selectShape()
	}
	args, err := parseList(list)
	if err != nil {
		return nil, err
	}
	if _, scalar := args[1].(literal); scalar {
		return nil, selectShape()
	}
	return selectFn{args[0], args[1]}, nil
}

// getAZsFn is Fn::GetAZs; an empty argument means the stack's region.
type getAZsFn struct{ region expression }

func (f getAZsFn) children() []expression { return []expression{f.region} }

func (f getAZsFn) evaluate(s *scope) (any, error) {
	region, err := s.text(f.region, "the argument of Fn::GetAZs")
	if err != nil {
		return nil, err
	}
	if region == "" {
		region = s.region
	}
	return zones(region), nil
}

func parseGetAZs(arg any) (expression, error) {
	if arg == nil {
		arg = ""
	}
	region, err := parseExpression(arg)
	if err != nil {
		return nil, err
	}
	return getAZsFn{region}, nil
}

// cidrFn is Fn::Cidr: count blocks of bits host bits, cut from the start of a block.
type cidrFn struct{ block, count, bits expression }

func (f cidrFn) children() []expression { return []expression{f.block, f.count, f.bits} }

func (f cidrFn) evaluate(s *scope) (any, error) {
	var args [3]string
	for i, e := range f.children() {
		text, err := s.text(e, "every parameter of Fn::Cidr")
		if err != nil {
			return nil, err
		}
		args[i] = text
	}
	if hole, unsure := derived([]any{args[0], args[1], args[2]}); unsure {
		return hole, nil
	}
	block, err := netip.ParsePrefix(args[0])
	if err != nil {
		return nil, cidrError("%q is not a CIDR block", clip(args[0]))
	}
	count, err := strconv.Atoi(args[1])
	if err != nil || count < 1 || count > maxCidrBlocks {
		return nil, cidrError("count must be a number from 1 to %d", maxCidrBlocks)
	}
	bits, err := strconv.Atoi(args[2])
	if err != nil || bits < 1 || bits > block.Addr().BitLen() {
		return nil, cidrError("cidrBits must be a number from 1 to %d", block.Addr().BitLen())
	}
	return cutBlocks(block.Masked(), count, bits)
}

func cutBlocks(block netip.Prefix, count, bits int) (any, error) {
	length := block.Addr().BitLen() - bits
	room := new(big.Int).Lsh(big.NewInt(1), uint(max(length-block.Bits(), 0)))
	if length < block.Bits() || room.Cmp(big.NewInt(int64(count))) < 0 {
		return nil, cidrError("%s has no room for %d blocks of /%d", block, count, length)
	}
	base := new(big.Int).SetBytes(block.Addr().AsSlice())
	step := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	out := make([]any, count)
	for i := range out {
		raw := base.FillBytes(make([]byte, block.Addr().BitLen()/8))
		addr, _ := netip.AddrFromSlice(raw) // 4 or 16 bytes by construction
		out[i] = netip.PrefixFrom(addr, length).String()
		base.Add(base, step)
	}
	return out, nil
}

func cidrError(format string, args ...any) *apiError {
	return validationError("Template error: Fn::Cidr: %s", fmt.Sprintf(format, args...))
}

// defaultCidrBits stands where the third argument is left out, which the documentation allows without giving the figure.
const defaultCidrBits = int64(8)

func parseCidr(arg any) (expression, error) {
	list, _ := arg.([]any)
	if len(list) == 2 {
		list = append(list[:2:2], defaultCidrBits)
	}
	if len(list) != 3 {
		return nil, validationError("Template error: every Fn::Cidr object requires two or three parameters, (1) an ipBlock, (2) a count and (3) cidrBits")
	}
	args, err := parseList(list)
	if err != nil {
		return nil, err
	}
	return cidrFn{args[0], args[1], args[2]}, nil
}

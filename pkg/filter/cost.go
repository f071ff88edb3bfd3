package filter

import (
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

const (
	// assumedSize is how many elements, members or characters an estimate takes what it
	// cannot know to have.
	assumedSize = 16
	// regexCost is what an estimate takes a regular expression to cost. Most cost a tenth;
	// this leaves room for no more than twenty of the worst.
	regexCost = 250
)

// estimator tells CEL's estimate what CEL cannot know.
type estimator struct{}

// EstimateSize implements cost.Estimator.
func (estimator) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	switch n.Type().Kind() {
	case types.StringKind, types.BytesKind, types.ListKind, types.MapKind, types.DynKind:
		return &cost.SizeEstimate{Max: assumedSize}
	}
	return nil // CEL knows
}

// EstimateCallCost implements cost.Estimator.
func (estimator) EstimateCallCost(_, overload string, _ *cost.AstNode, _ []cost.AstNode) *cost.CallEstimate {
	if overload != overloads.Matches && overload != overloads.MatchesString {
		return nil
	}
	return &cost.CallEstimate{CostEstimate: cost.FixedCostEstimate(regexCost)}
}

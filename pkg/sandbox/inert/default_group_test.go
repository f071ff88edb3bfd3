package inert

import "testing"

// TestDefaultGroup: a VPC has a security group that nobody made.
func TestDefaultGroup(t *testing.T) {
	t.Parallel()
	a := New("us-east-1", "000000000000")
	id := hexID("vpc")
	group := hexID("sg")
	a.records[key{typeVPC, id}] = record{made: made{id: id, attributes: map[string]any{"DefaultSecurityGroup": group}}}
	if !a.Exists(typeGroup, group) || a.Exists(typeGroup, hexID("sg")) {
		t.Error("of two groups, the VPC's should be there")
	}
}

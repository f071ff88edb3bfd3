package ecs

import "testing"

func TestTaskSize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ cpu, memory, wantCPU, wantMemory string }{
		{"256", "512", "256", "512"},
		{".25 vCPU", "0.5GB", "256", "512"},
		{"1 vcpu", "2 GB", "1024", "2048"},
		{"0.5vCPU", "1gb", "512", "1024"},
		{"1 GB", "1 vCPU", "1 GB", "1 vCPU"},
		{"", "a lot", "", "a lot"},
		{"1  vCPU", "-1GB", "1  vCPU", "-1GB"},
	} {
		in := RegisterTaskDefinitionInput{Cpu: tt.cpu, Memory: tt.memory}
		in.inUnits()
		if in.Cpu != tt.wantCPU || in.Memory != tt.wantMemory {
			t.Errorf("%q and %q are %q and %q, want %q and %q", tt.cpu, tt.memory, in.Cpu, in.Memory, tt.wantCPU, tt.wantMemory)
		}
	}
}

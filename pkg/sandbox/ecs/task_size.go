package ecs

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// unitsPerVCPU and mebibytesPerGB turn the words of a task's size into what it is kept in.
const unitsPerVCPU, mebibytesPerGB = 1024, 1024

var sizeExpr = regexp.MustCompile(`(?i)^(\d*\.?\d+) ?(vcpu|gb)$`)

// inUnits writes a task's size in units of CPU and MiB, however it is given: "256" or ".25 vCPU", "512", "0.5GB" or "0.5 GB". ECS
// converts it when a task definition is registered, as the API reference of RegisterTaskDefinition says of cpu and memory. What has
// another form stays as it is.
func (in *RegisterTaskDefinitionInput) inUnits() {
	in.Cpu, in.Memory = convert(in.Cpu, "vcpu", unitsPerVCPU), convert(in.Memory, "gb", mebibytesPerGB)
}

func convert(size, unit string, factor float64) string {
	m := sizeExpr.FindStringSubmatch(size)
	if m == nil || !strings.EqualFold(m[2], unit) {
		return size
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return size
	}
	return strconv.Itoa(int(math.Round(n * factor)))
}

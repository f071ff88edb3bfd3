package environment

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// peakMemoryMB is the largest resident size that a process had, 0 if it is gone.
func peakMemoryMB(pid int) int {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var kb int
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			if _, err := fmt.Sscan(rest, &kb); err != nil {
				return 0
			}
			return (kb + 1023) / 1024
		}
	}
	return 0
}

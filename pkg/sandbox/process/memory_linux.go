package process

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// memoryOf reads VmRSS and VmHWM of /proc/PID/status, proc(5).
func memoryOf(pid int) (resident, peak int64, ok bool) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, false
	}
	defer func() { _ = file.Close() }()
	found := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		for name, value := range map[string]*int64{"VmRSS:": &resident, "VmHWM:": &peak} {
			rest, has := strings.CutPrefix(lines.Text(), name)
			if !has {
				continue
			}
			if _, err := fmt.Sscan(rest, value); err != nil {
				return 0, 0, false
			}
			*value *= 1024 // they are in KiB
			found++
		}
	}
	return resident, peak, found == 2 // one that has ended and was not waited for has neither
}

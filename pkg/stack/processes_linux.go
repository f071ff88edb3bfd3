package stack

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTicks is USER_HZ, the unit of times in /proc; it is 100 on every processor that Go supports.
const clockTicks = 100

// processes lists what runs on this machine. Processes that end meanwhile are left out.
func processes() []processInfo {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	up := uptime()
	var list []processInfo
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if p, ok := parseStat(string(text), up); ok {
			list = append(list, p)
		}
	}
	return list
}

// parseStat reads /proc/PID/stat (proc_pid_stat(5)). The name may itself have blanks and parentheses.
func parseStat(text string, up time.Duration) (processInfo, bool) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return processInfo{}, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text[:open]))
	fields := strings.Fields(text[end+1:]) // from the third one, state, on
	if err != nil || len(fields) < 22 {
		return processInfo{}, false
	}
	parent, _ := strconv.Atoi(fields[1])
	started, _ := strconv.ParseInt(fields[19], 10, 64)
	pages, _ := strconv.ParseInt(fields[21], 10, 64)
	return processInfo{
		pid: pid, parent: parent, name: text[open+1 : end], memory: pages * int64(os.Getpagesize()),
		age: up - time.Duration(started)*time.Second/clockTicks,
	}, true
}

func uptime() time.Duration {
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	seconds, _ := strconv.ParseFloat(first, 64)
	return time.Duration(seconds * float64(time.Second))
}

// holderOf names the program that listens on a port, as far as this user may see it; else it is empty.
func holderOf(port int) string {
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if text, err := os.ReadFile(table); err == nil {
			listeners(text, port, inodes)
		}
	}
	if len(inodes) == 0 {
		return ""
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !inodes[target] {
			continue
		}
		pid := strings.Split(link, "/")[2]
		name, _ := os.ReadFile(filepath.Join("/proc", pid, "comm"))
		return fmt.Sprintf("%s (pid %s)", strings.TrimSpace(string(name)), pid)
	}
	return ""
}

// listeners adds the sockets of a /proc/net/tcp table that listen on port, as links of file descriptors name them.
func listeners(table []byte, port int, inodes map[string]bool) {
	const listening = "0A"
	suffix := fmt.Sprintf(":%04X", port)
	lines := bufio.NewScanner(bytes.NewReader(table))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[3] == listening && strings.HasSuffix(fields[1], suffix) {
			inodes["socket:["+fields[9]+"]"] = true
		}
	}
}

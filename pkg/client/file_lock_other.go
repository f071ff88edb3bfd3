//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package client

import (
	"errors"
	"io"
)

// lockFile refuses: without a lock that ends with its process, two subscriptions
// could mix their positions.
func lockFile(string) (io.Closer, error) {
	return nil, errors.New("this system has no lock for it; keep the position in a Store of your own")
}

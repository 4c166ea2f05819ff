//go:build unix && !linux

package store

import "golang.org/x/sys/unix"

const openWalk = unix.O_RDONLY

//go:build unix && !linux

package store

// DropPrivileges has nothing to give up where there are no capabilities.
func DropPrivileges() error { return nil }

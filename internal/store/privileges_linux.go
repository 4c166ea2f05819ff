package store

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// needed are the capabilities that work on a tree takes, of all that root has.
var needed = []int{
	unix.CAP_DAC_READ_SEARCH, // trees and configurations that only others may read
	unix.CAP_DAC_OVERRIDE,    // removals in directories of the registry's user
	unix.CAP_FOWNER,          // the same in sticky ones; modes of directories that were given away
	unix.CAP_CHOWN,           // directories that are made again keep their owner,
	unix.CAP_FSETID,          // and their setgid bit
	unix.CAP_SYS_PTRACE,      // what registries see: /proc/PID/root, cwd and environ
}

// DropPrivileges gives up, for all threads and for good, every capability that
// the program has and does not need, and with no_new_privs the ways to regain
// any. A process without CAP_SYS_PTRACE stays as it is: an ordinary user's, and
// root's in most containers, who may look into its registry only for as long as
// it has every capability that the registry has. In a program with cgo linked in
// it changes nothing: the error is then ENOTSUP.
func DropPrivileges() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData // the capabilities 0 to 31, and the others
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	if sets[0].Permitted&(1<<unix.CAP_SYS_PTRACE) == 0 {
		return nil
	}
	if err := onAllThreads(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	// EINVAL comes after the last one that the kernel knows, EPERM at once
	// without CAP_SETPCAP. This set matters only to programs that are started,
	// and none is.
	for c := uintptr(0); onAllThreads(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c) == nil; c++ {
	}
	var keep [2]uint32
	for _, c := range needed {
		keep[c/32] |= 1 << (c % 32)
	}
	for i := range sets {
		sets[i].Permitted &= keep[i]
		sets[i].Effective &= keep[i]
		sets[i].Inheritable = 0 // and with it the ambient ones
	}
	err := onAllThreads(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&sets[0])))
	if err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// onAllThreads makes a system call that the kernel applies to one thread only.
//
//go:uintptrescapes
func onAllThreads(call, a, b uintptr) error {
	if _, _, errno := syscall.AllThreadsSyscall(call, a, b, 0); errno != 0 {
		return errno
	}
	return nil
}

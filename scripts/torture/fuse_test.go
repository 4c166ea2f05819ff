package torture

import (
	"context"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// operation is what the janitor asks of the broken disk.
type operation string

const (
	opStat   operation = "stat"
	opOpen   operation = "open" // a file
	opRead   operation = "read" // of an open file
	opList   operation = "list"
	opUnlink operation = "unlink"
	opRmdir  operation = "rmdir"
	opRename operation = "rename"
)

// brokenDisk passes everything on to a directory, unless it fails it.
type brokenDisk struct {
	dir string // where it is mounted

	mu     sync.Mutex
	fail   func(op operation, path string, already int) bool
	failed int // operations, since it is so
}

// newBrokenDisk mounts one that shows what lies in behind. Until it is told to,
// it fails nothing. Where it is to be untyped, listings do not tell what an
// entry is, as on some file systems they do not.
func newBrokenDisk(t testing.TB, behind string, untyped bool) *brokenDisk {
	t.Helper()
	d := &brokenDisk{dir: t.TempDir()}
	loopback, err := fs.NewLoopbackRoot(behind)
	if err != nil {
		t.Fatal(err)
	}
	root := &node{loopback.(*fs.LoopbackNode), d, untyped}
	root.RootData.RootNode = root
	server, err := fs.Mount(d.dir, root, &fs.Options{MountOptions: fuse.MountOptions{
		DirectMountStrict: true, DisableReadDirPlus: true, FsName: "broken", Name: "broken",
	}})
	if err != nil {
		t.Skipf("no file system in user space can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Unmount(); err != nil {
			t.Errorf("unmount %s: %v", d.dir, err)
		}
	})
	return d
}

// fails has operations fail with EIO from now on: those for which fail says so,
// told the path below the mount and how many it has failed already.
func (d *brokenDisk) fails(fail func(op operation, path string, already int) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail, d.failed = fail, 0
}

// ask tells whether an operation is to fail.
func (d *brokenDisk) ask(op operation, path string) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail == nil || !d.fail(op, path, d.failed) {
		return fs.OK
	}
	d.failed++
	return syscall.EIO
}

// node is a file or a directory of the broken disk.
type node struct {
	*fs.LoopbackNode
	disk    *brokenDisk
	untyped bool
}

func (n *node) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	return &node{child.(*fs.LoopbackNode), n.disk, n.untyped}
}

func (n *node) at(name string) string {
	path := n.Path(n.Root())
	if name != "" && path != "" {
		path += "/"
	}
	return path + name
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.disk.ask(opStat, n.at(name)); errno != fs.OK {
		return nil, errno
	}
	return n.LoopbackNode.Lookup(ctx, name, out)
}

func (n *node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if errno := n.disk.ask(opOpen, n.at("")); errno != fs.OK {
		return nil, 0, errno
	}
	handle, how, errno := n.LoopbackNode.Open(ctx, flags)
	if errno == fs.OK {
		handle = &file{handle.(*fs.LoopbackFile), n}
	}
	return handle, how | fuse.FOPEN_DIRECT_IO, errno
}

func (n *node) OpendirHandle(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	stream, errno := fs.NewLoopbackDirStream(filepath.Join(n.RootData.Path, n.at("")))
	return &listing{DirStream: stream, node: n}, 0, errno
}

func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	if errno := n.disk.ask(opUnlink, n.at(name)); errno != fs.OK {
		return errno
	}
	return n.LoopbackNode.Unlink(ctx, name)
}

func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	if errno := n.disk.ask(opRmdir, n.at(name)); errno != fs.OK {
		return errno
	}
	return n.LoopbackNode.Rmdir(ctx, name)
}

func (n *node) Rename(ctx context.Context, name string, to fs.InodeEmbedder, as string, flags uint32) syscall.Errno {
	if errno := n.disk.ask(opRename, n.at(name)); errno != fs.OK {
		return errno
	}
	return n.LoopbackNode.Rename(ctx, name, to.(*node).LoopbackNode, as, flags)
}

// file is open for reading. It hides that its reads could bypass this process.
type file struct {
	behind *fs.LoopbackFile
	node   *node
}

func (f *file) Read(ctx context.Context, buf []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	if errno := f.node.disk.ask(opRead, f.node.at("")); errno != fs.OK {
		return nil, errno
	}
	return f.behind.Read(ctx, buf, offset)
}

func (f *file) Release(ctx context.Context) syscall.Errno { return f.behind.Release(ctx) }

func (f *file) Getattr(ctx context.Context, out *fuse.AttrOut) syscall.Errno {
	return f.behind.Getattr(ctx, out)
}

// listing is an open directory.
type listing struct {
	fs.DirStream
	node    *node
	started bool
}

func (l *listing) Readdirent(context.Context) (*fuse.DirEntry, syscall.Errno) {
	if !l.started {
		if errno := l.node.disk.ask(opList, l.node.at("")); errno != fs.OK {
			return nil, errno
		}
		l.started = true
	}
	if !l.HasNext() {
		return nil, fs.OK
	}
	entry, errno := l.Next()
	if l.node.untyped {
		entry.Mode = 0 // DT_UNKNOWN
	}
	return &entry, errno
}

func (l *listing) Seekdir(ctx context.Context, offset uint64) syscall.Errno {
	l.started = offset > 0
	return l.DirStream.(fs.FileSeekdirer).Seekdir(ctx, offset)
}

func (l *listing) Releasedir(context.Context, uint32) { l.Close() }

package storetest

import "io/fs"

// memoryFile is a file that is being written.
type memoryFile struct {
	of      *Memory
	inode   uint32
	name    string
	written int64
	closed  bool
}

func (f *memoryFile) Write(data []byte) (int, error) {
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	if f.closed {
		return 0, pathError("write", f.name, fs.ErrClosed)
	}
	err := f.of.do(&change{op: Write, inode: f.inode, from: f.written, text: string(data)})
	f.written += int64(len(data))
	return len(data), pathError("write", f.name, err)
}

func (f *memoryFile) Close() error {
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	if f.closed {
		return pathError("close", f.name, fs.ErrClosed)
	}
	f.closed = true
	f.of.journal.settle(f.inode)
	return nil
}

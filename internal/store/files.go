//go:build unix

package store

import (
	"os"
	"path/filepath"
)

// WriteFile writes a file beside the registry's tree, a saved plan or metrics:
// in full or not at all, readable by all. The temporary name is hidden and keeps
// no ending that someone may be watching for. What is there already must be a
// regular file: /dev/null, say, is not to be replaced.
func WriteFile(path string, data []byte) error {
	if err := replaceable(path); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".regjanitor-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

// CheckWriteFile tells beforehand whether WriteFile can work at all.
func CheckWriteFile(path string) error {
	if err := replaceable(path); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".regjanitor-*")
	if err != nil {
		return err
	}
	tmp.Close()
	return os.Remove(tmp.Name())
}

func replaceable(path string) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return pathError("write", path, ErrNotRegular)
	}
	return nil
}

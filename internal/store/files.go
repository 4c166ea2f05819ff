//go:build unix

package store

import (
	"os"
	"path/filepath"
)

// WriteFile writes a file beside the registry's tree, a saved plan or metrics:
// in full or not at all, readable by all. The temporary name is hidden and keeps
// no ending that someone may be watching for.
func WriteFile(path string, data []byte) error {
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
	tmp, err := os.CreateTemp(filepath.Dir(path), ".regjanitor-*")
	if err != nil {
		return err
	}
	tmp.Close()
	return os.Remove(tmp.Name())
}

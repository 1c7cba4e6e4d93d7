//go:build unix

package embedded

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// LockDir takes the directory for this process. The kernel lets go of it when
// the process ends, however it ends.
func LockDir(dir string) (io.Closer, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w; choose a data directory that can be written to", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := "another process"
		if pid, _ := os.ReadFile(path); len(pid) > 0 {
			holder = "process " + strings.TrimSpace(string(pid))
		}
		_ = f.Close()
		return nil, fmt.Errorf("data directory %s is in use by %s; stop it or choose another directory", dir, holder)
	}
	_ = f.Truncate(0)
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return f, nil
}

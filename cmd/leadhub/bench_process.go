package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// benchToken is the admin's token of hubs that the bench and the chaos test start.
const benchToken = "bench-admin-token"

// hubProcess is a leadhub process of our own, started from this very binary.
type hubProcess struct {
	cmd  *exec.Cmd
	addr string // host:port
	done chan struct{}
}

// usage is what a process took in its whole life.
type usage struct {
	cpu  time.Duration
	peak int64 // bytes of resident memory
}

func startHub(ctx context.Context, flags []string) (*hubProcess, error) {
	return startProcess(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
}

// startProcess starts this binary with other arguments and waits for its line "leadhub ready at".
func startProcess(ctx context.Context, args ...string) (*hubProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "LEADHUB_ADMIN_TOKEN="+benchToken, "LEADHUB_SECRET_KEY="+benchToken+benchToken, runVerbs+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &hubProcess{cmd: cmd, done: make(chan struct{})}
	ready := make(chan string, 1)
	go func() {
		defer close(p.done)
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		ready <- line
		_, _ = io.Copy(io.Discard, r)
		_ = cmd.Wait()
	}()
	select {
	case line := <-ready:
		_, addr, ok := strings.Cut(strings.TrimSpace(line), "ready at http://")
		if !ok {
			p.end()
			return nil, fmt.Errorf("leadhub %s did not start", strings.Join(args, " "))
		}
		p.addr = addr
		return p, nil
	case <-ctx.Done():
		p.end()
		return nil, ctx.Err()
	case <-time.After(time.Minute):
		p.end()
		return nil, errors.New("leadhub was not ready within a minute")
	}
}

func (p *hubProcess) client() *client {
	return &client{base: "http://" + p.addr, token: benchToken, http: http.DefaultClient}
}

// end kills the process if it still runs.
func (p *hubProcess) end() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop asks the process to end, kills it when it does not, and returns what it took.
func (p *hubProcess) stop() usage {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		p.end()
	}
	state := p.cmd.ProcessState
	u := usage{cpu: state.UserTime() + state.SystemTime()}
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.peak = int64(r.Maxrss)
		if runtime.GOOS != "darwin" { // macOS counts bytes, everybody else kilobytes
			u.peak *= 1024
		}
	}
	return u
}

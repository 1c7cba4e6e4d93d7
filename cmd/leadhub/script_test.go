package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/leadhub/leadhub/lead"
)

// The command line, as people use it: testdata/script.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, "LEADHUB_LOG_LEVEL=warn")
			env.Values[hubsKey{}] = map[string]*exec.Cmd{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":     scriptServe,
			"sigterm":   scriptSigterm,
			"post":      scriptPost,
			"lead":      scriptLead,
			"duplicate": scriptDuplicate,
			"mode":      scriptMode,
			"importid":  scriptImportID,
		},
	})
}

// serve NAME [FLAG...] starts a hub and waits for its ready line, whose URL goes into $NAME.
func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: serve NAME [FLAG...]")
	}
	self, err := os.Executable()
	ts.Check(err)
	cmd := exec.Command(self, append([]string{"serve", "--listen", "127.0.0.1:0"}, args[1:]...)...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = []string{runVerbs + "=1", "HOME=" + ts.Getenv("HOME"), "LEADHUB_LOG_LEVEL=warn"}
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	cmd.Stderr = ts.Stderr()
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(line, "leadhub ready at ")
	if !ok {
		_ = cmd.Wait()
		ts.Fatalf("no ready line but %q", line)
	}
	ts.Setenv(args[0], strings.TrimSpace(url))
	running(ts)[args[0]] = cmd
}

// sigterm NAME wants the hub to end in order, within ten seconds.
func scriptSigterm(ts *testscript.TestScript, _ bool, args []string) {
	cmd := running(ts)[args[0]]
	began := time.Now()
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	if err := cmd.Wait(); err != nil {
		ts.Fatalf("after SIGTERM: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		ts.Fatalf("it took %s to end", took)
	}
}

// post URL BODY wants the post to be accepted.
func scriptPost(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest("POST", args[0], strings.NewReader(args[1]))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	a, err := trySend(req)
	ts.Check(err)
	if a.Status != 202 {
		ts.Fatalf("answered %d: %s", a.Status, a.Body)
	}
}

// lead NAME HUB SOURCE BODY posts to a hub on the folder data and waits until it is in the pool: the lead's number goes into
// $NAME, the submission into ${NAME}_TOUCH.
func scriptLead(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: lead NAME HUB SOURCE BODY")
	}
	req, err := http.NewRequest("POST", args[1]+"/in/"+args[2], strings.NewReader(args[3]))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	a, err := trySend(req)
	ts.Check(err)
	api := serverFlags{Server: args[1], Data: ts.MkAbs("data")}.client()
	var st lead.SubmissionStatus
	for began := time.Now(); st.Lead == ""; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > patience {
			ts.Fatalf("%s is in no lead: %s", a.ID, st.State)
		}
		ts.Check(api.call(context.Background(), "GET", "/v1/submissions/"+a.ID, nil, &st))
	}
	var d lead.LeadDetail
	ts.Check(api.call(context.Background(), "GET", "/v1/leads/"+st.Lead, nil, &d))
	ts.Setenv(args[0], d.Number)
	ts.Setenv(args[0]+"_TOUCH", a.ID)
}

// duplicate HUB LEAD waits until a lead of a hub on the folder data has a possible duplicate.
func scriptDuplicate(ts *testscript.TestScript, _ bool, args []string) {
	api := serverFlags{Server: args[0], Data: ts.MkAbs("data")}.client()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		var page lead.DuplicatePage
		ts.Check(api.call(context.Background(), "GET", "/v1/duplicates"+query("lead", args[1]), nil, &page))
		if len(page.Items) > 0 {
			return
		}
		if time.Since(began) > patience {
			ts.Fatalf("%s has no possible duplicate", args[1])
		}
	}
}

// mode MODE FILE compares the permissions of a file.
func scriptMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode()&fs.ModePerm); got != args[0] {
		ts.Fatalf("%s has mode %s, not %s", args[1], got, args[0])
	}
}

// importid NAME FILE puts the id of the import that a file holds as JSON into $NAME.
func scriptImportID(ts *testscript.TestScript, _ bool, args []string) {
	var i lead.Import
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &i))
	ts.Setenv(args[0], i.ID)
}

func running(ts *testscript.TestScript) map[string]*exec.Cmd {
	return ts.Value(hubsKey{}).(map[string]*exec.Cmd)
}

type hubsKey struct{}

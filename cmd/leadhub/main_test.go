package main

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be leadhub itself: for hubs that startHub starts as child processes, and for the scripts.
func TestMain(m *testing.M) {
	if os.Getenv(runVerbs) != "" {
		main()
	}
	_ = flag.Set("test.parallel", strconv.Itoa(max(8, runtime.GOMAXPROCS(0)))) // most tests wait most of the time; -parallel still wins
	testscript.Main(m, map[string]func(){"leadhub": main})
}

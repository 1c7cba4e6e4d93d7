package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be leadhub itself: for hubs that startHub starts as child processes, and for the scripts.
func TestMain(m *testing.M) {
	if os.Getenv(runVerbs) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"leadhub": main})
}

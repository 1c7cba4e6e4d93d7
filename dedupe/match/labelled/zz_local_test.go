package labelled

import (
	"fmt"
	"os"
	"testing"
)

func TestLocalFile(t *testing.T) {
	path, truth := os.Getenv("CSV"), os.Getenv("TRUTH")
	if path == "" {
		t.Skip()
	}
	f, _ := os.Open(path)
	rep, err := Measure(f, Options{Truth: truth})
	fmt.Println(rep, err)
}

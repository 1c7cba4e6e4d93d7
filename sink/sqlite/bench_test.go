package sqlite_test

import (
	"testing"

	"github.com/leadhub/leadhub/sink/sinktest"
)

func BenchmarkRecord(b *testing.B)             { sinktest.BenchmarkRecord(b, harness) }
func BenchmarkAssign(b *testing.B)             { sinktest.BenchmarkAssign(b, harness) }
func BenchmarkAssignByRules(b *testing.B)      { sinktest.BenchmarkAssignByRules(b, harness) }
func BenchmarkAssignOne(b *testing.B)          { sinktest.BenchmarkAssignOne(b, harness) }
func BenchmarkRecordAndAssign(b *testing.B)    { sinktest.BenchmarkRecordAndAssign(b, harness) }
func BenchmarkRecordAndAssignOne(b *testing.B) { sinktest.BenchmarkRecordAndAssignOne(b, harness) }
func BenchmarkRelay(b *testing.B)              { sinktest.BenchmarkRelay(b, harness) }

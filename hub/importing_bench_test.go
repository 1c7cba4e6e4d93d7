package hub

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/excel"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
	"github.com/leadhub/leadhub/stream/embedded"
)

// listOf12Columns writes a CSV as marketing has them.
func listOf12Columns(b *testing.B, dir string, rows int) string {
	f, err := os.Create(dir + "/file")
	require.NoError(b, err)
	h := sha256.New()
	w := bufio.NewWriter(f)
	line := func(s string) { _, _ = w.WriteString(s); h.Write([]byte(s)) }
	line("姓名,手机,邮箱,公司名称,职位,省份,城市,详细地址,意向产品,预算,备注,登记日期\n")
	for i := range rows {
		line(fmt.Sprintf("何晓明,1592%07d,he%d@yunfan-keji.cn,云帆%d科技有限公司,采购经理,广东省,深圳市,南山区科苑路 %d 号,企业版,30万,想了解价格并预约演示,2026-01-02\n", i, i, i%5000, i%300))
	}
	require.NoError(b, w.Flush())
	require.NoError(b, f.Close())
	return hex.EncodeToString(h.Sum(nil))
}

// settledRows says of every row that it became a lead at once: what is measured is the way to the broker.
type settledRows struct {
	ImportStore
	started time.Time
	rows    atomic.Int64
}

func (s *settledRows) Statuses(_ context.Context, ids []string) (map[string]lead.RowStatus, error) {
	out := make(map[string]lead.RowStatus, len(ids))
	for _, id := range ids {
		out[id] = lead.RowStatus{State: lead.StatePooled, ReceivedAt: s.started}
	}
	s.rows.Add(int64(len(ids)))
	return out, nil
}
func (s *settledRows) SaveImportProgress(context.Context, string, lead.ImportProgress, *lead.Text) error {
	return nil
}
func (s *settledRows) Imports(context.Context, lead.ImportQuery) (lead.ImportPage, error) {
	return lead.ImportPage{}, nil
}
func (s *settledRows) EditImport(_ context.Context, _ string, fn func(*lead.Import) error) (lead.Import, error) {
	var i lead.Import
	return i, fn(&i)
}

// BenchmarkAFileToTheBroker is the rows per second that are durable on the embedded broker.
func BenchmarkAFileToTheBroker(b *testing.B) {
	const rows = 100_000
	broker, err := embedded.Open(embedded.Config{Dir: b.TempDir(), RetentionBytes: 64 << 20})
	require.NoError(b, err)
	defer broker.Close()
	client, err := stream.Open(stream.Config{Brokers: []string{broker.Addr()}})
	require.NoError(b, err)
	defer client.Close()
	names := newNames("")
	require.NoError(b, client.EnsureTopics(b.Context(), names.topics(1)...))
	set, err := excel.Connector{}.Spec().Check(lead.Source{Key: "lists", Channel: "excel"})
	require.NoError(b, err)
	src, err := excel.Connector{}.Open(set)
	require.NoError(b, err)
	configuration := &Configuration{}
	configuration.current.Store(&snapshot{sources: map[string]*openSource{"lists": {Source: lead.Source{Key: "lists", Channel: "excel"}, source: src}}})
	at := time.Now().UTC().Truncate(time.Millisecond)
	store := &settledRows{started: at}
	im := &Importing{store: store, configuration: configuration, names: names, stream: client, ids: []byte(strings.Repeat("k", 32)), dir: b.TempDir(),
		now: time.Now, log: discard, metrics: newMetrics(prometheus.NewRegistry()), slots: make(chan struct{}, 1)}
	i := lead.Import{ID: "imp_1", Source: "lists", File: "list.csv", State: lead.ImportRunning, Started: &at}
	require.NoError(b, os.MkdirAll(im.folder(i.ID), 0o700))
	i.SHA256 = listOf12Columns(b, im.folder(i.ID), rows)
	i.Layout, err = src.(connectors.Importer).Inspect(b.Context(), im.upload(&i))
	require.NoError(b, err)
	b.ResetTimer()
	for b.Loop() {
		out, err := im.transfer(b.Context(), i)
		require.NoError(b, err)
		require.Equal(b, lead.ImportDone, out.State)
		require.EqualValues(b, rows, out.Progress.New)
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

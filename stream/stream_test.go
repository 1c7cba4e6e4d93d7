package stream_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/stream/embedded"
	"github.com/leadhub/leadhub/stream/streamtest"
)

func openEmbedded(t testing.TB, cfg embedded.Config) *embedded.Broker {
	b, err := embedded.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestTheEmbeddedBrokerKeepsThePromises(t *testing.T) {
	shared := openEmbedded(t, embedded.Config{Dir: t.TempDir()})
	streamtest.Run(t, streamtest.Harness{
		Open: func(*testing.T) []string { return []string{shared.Addr()} },
		OpenToRestart: func(t *testing.T) ([]string, func()) {
			cfg := embedded.Config{Dir: t.TempDir()}
			b := openEmbedded(t, cfg)
			cfg.Listen = b.Addr()
			return []string{b.Addr()}, func() {
				require.NoError(t, b.Close())
				b = openEmbedded(t, cfg)
			}
		},
	})
}

func TestRealKafkaKeepsThePromises(t *testing.T) {
	streamtest.Run(t, streamtest.Harness{
		Open: func(t *testing.T) []string { return []string{streamtest.Kafka(t)} },
		OpenToRestart: func(t *testing.T) ([]string, func()) {
			addr, restart := streamtest.KafkaToRestart(t)
			return []string{addr}, restart
		},
	})
}

package all

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryFolderWithAConnectorIsListed(t *testing.T) {
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	var folders, channels []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "all" && e.Name() != "connectortest" {
			folders = append(folders, e.Name())
		}
	}
	for channel := range ByChannel() {
		channels = append(channels, channel)
	}
	require.ElementsMatch(t, folders, channels)
}

func TestTwoConnectorsOfOneChannelAreAMistake(t *testing.T) {
	require.Panics(t, func() { byChannel(append(Connectors(), Connectors()...)) })
}

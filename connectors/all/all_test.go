package all

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var connectorType = regexp.MustCompile(`(?m)^type Connector\b`)

func TestEveryFolderWithAConnectorIsListed(t *testing.T) {
	files, err := filepath.Glob("../*/*.go")
	require.NoError(t, err)
	var folders, channels []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		if connectorType.Match(source) {
			folders = append(folders, filepath.Base(filepath.Dir(file)))
		}
	}
	for channel := range ByChannel() {
		channels = append(channels, channel)
	}
	require.ElementsMatch(t, folders, channels, "run go generate ./connectors/all; the word for a channel is the name of its folder")
}

func TestTwoConnectorsOfOneChannelAreAMistake(t *testing.T) {
	require.Panics(t, func() { byChannel(append(Connectors(), Connectors()...)) })
}

// Package all lists the connectors that leadhub ships. A new channel is one line here.
package all

import (
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/excel"
	"github.com/leadhub/leadhub/connectors/webform"
)

// Connectors returns one of every connector, in the order they are shown.
func Connectors() []connectors.Connector {
	return []connectors.Connector{
		webform.Connector{},
		excel.Connector{},
	}
}

// ByChannel returns the connectors by the word for their channel. Two with the same word are a mistake of the program:
// it panics.
func ByChannel() map[string]connectors.Connector { return byChannel(Connectors()) }

func byChannel(list []connectors.Connector) map[string]connectors.Connector {
	out := make(map[string]connectors.Connector, len(list))
	for _, c := range list {
		channel := c.Spec().Channel
		if _, twice := out[channel]; twice {
			panic("connectors/all: two connectors of channel " + channel)
		}
		out[channel] = c
	}
	return out
}

// Package all lists the connectors that leadhub ships: every folder beside this one that declares a type Connector. After
// adding one, run go generate ./connectors/all; so too when two branches that each added one are merged.
package all

import "github.com/leadhub/leadhub/connectors"

//go:generate go run generate.go

// Connectors returns one of every connector, by the names of their folders.
func Connectors() []connectors.Connector { return append([]connectors.Connector(nil), list...) }

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

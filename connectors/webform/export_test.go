package webform

import "github.com/leadhub/leadhub/connectors"

// RememberedAddresses is how many addresses the limit of a source holds.
func RememberedAddresses(src connectors.Source) (n int) {
	for i := range src.(*source).limiter.shards {
		n += len(src.(*source).limiter.shards[i].by)
	}
	return n
}

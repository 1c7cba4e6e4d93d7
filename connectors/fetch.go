package connectors

import "github.com/leadhub/leadhub/lead"

// Pending is what Parse returns for a thin Raw: the hub asks Fetch for the rest. what names it for people: "the answers of the form".
func Pending(what string) error {
	return &lead.Error{Kind: lead.KindPending, Code: "pending_fetch", Message: what + " must be fetched from the vendor first",
		Hint: "the hub does so by itself and tries again; the source's page shows its access tokens"}
}

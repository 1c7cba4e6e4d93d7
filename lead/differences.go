package lead

import (
	"maps"
	"slices"
)

// Differences names the public fields in which two states of a lead differ, as they stand in JSON, sorted. Counters and
// times that grow with every touch, or come with a change of owner, are left out: a change is news only when a value is.
func Differences(a, b *Lead) []string {
	out := []string{}
	differ := func(field string, yes bool) {
		if yes {
			out = append(out, field)
		}
	}
	differ("accepted_at", !a.AcceptedAt.Equal(b.AcceptedAt))
	differ("address", a.Address != b.Address)
	differ("amount", a.Amount != b.Amount)
	differ("company", a.Company != b.Company)
	differ("consents", !slices.Equal(a.Consents, b.Consents))
	differ("converted_at", !a.ConvertedAt.Equal(b.ConvertedAt))
	differ("currency", a.Currency != b.Currency)
	differ("customer", a.Customer != b.Customer)
	differ("emails", !slices.Equal(a.Emails, b.Emails))
	differ("first_contacted_at", !a.ContactedAt.Equal(b.ContactedAt))
	differ("first_from", !sameOrigin(a.FirstFrom, b.FirstFrom))
	differ("followed_at", !a.FollowedAt.Equal(b.FollowedAt))
	differ("grade", a.Grade != b.Grade)
	differ("honorific", a.Honorific != b.Honorific)
	differ("last_from", !sameOrigin(a.LastFrom, b.LastFrom))
	differ("merged_into", a.MergedInto != b.MergedInto)
	differ("name", a.Name != b.Name)
	differ("next_follow_up", !a.NextAt.Equal(b.NextAt))
	differ("owner", a.Owner != b.Owner)
	differ("phones", !slices.Equal(a.Phones, b.Phones))
	differ("pool", a.Pool != b.Pool)
	differ("product_line", a.Line != b.Line)
	differ("products", !slices.Equal(a.Products, b.Products))
	differ("reason", a.Reason != b.Reason)
	differ("region", a.Region != b.Region)
	differ("returns", a.Returns != b.Returns)
	differ("score", a.Score != b.Score)
	differ("sources", !slices.Equal(a.Sources, b.Sources))
	differ("stage", a.Stage != b.Stage)
	differ("status", a.Status != b.Status)
	differ("tags", !slices.Equal(a.Tags, b.Tags))
	differ("title", a.Title != b.Title)
	return out
}

func sameOrigin(a, b Origin) bool {
	return a.Source == b.Source && a.Page == b.Page && a.Referrer == b.Referrer && a.Landing == b.Landing && a.Import == b.Import &&
		maps.Equal(a.UTM, b.UTM) && maps.Equal(a.ClickIDs, b.ClickIDs)
}

package dedupe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// What somebody wrote in a chat never overwrites what was typed into a form, however new and however trusted the chat is.
func TestAValueReadOutOfFreeTextStandsBeneathOneOfAField(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	form := &lead.Submission{ID: "a", Source: "site", Trust: 10, EventTime: at, Name: lead.Name{Display: "王小明", Key: "王小明", Family: "王", Given: "小明"},
		Phones: []lead.Phone{{E164: "+8613712345678", Type: lead.PhoneMobile}}}
	chat := &lead.Submission{ID: "b", Source: "shop", Trust: 90, EventTime: at.AddDate(0, 0, 7), Name: lead.Name{Display: "李雷", Key: "李雷", Family: "李", Given: "雷"},
		Phones: []lead.Phone{{E164: "+8613912345671", Type: lead.PhoneMobile}},
		Found:  []lead.Found{{Field: lead.FieldName, Value: "李雷", Used: true}, {Field: lead.FieldPhone, Value: "+8613912345671", Used: true}}}
	for _, order := range [][]*lead.Submission{{form, chat}, {chat, form}} {
		var r lead.Record
		for _, s := range order {
			Policy{}.Add(&r, s)
		}
		require.Equal(t, "王小明", r.Name)
		require.Equal(t, []string{"+8613712345678", "+8613912345671"}, r.Phones)
	}
}

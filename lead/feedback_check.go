package lead

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Statuses lists the statuses of a lead.
var Statuses = []string{StatusNew, StatusAssigned, StatusWorking, StatusNurturing, StatusConverted, StatusUnqualified, StatusArchived}

var (
	decimal  = regexp.MustCompile(`^\d{1,15}(\.\d{1,6})?$`)
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
)

// Check tells what is wrong with a feedback before any lead is looked at, and writes its currency in capitals. KindInvalid with the field.
func (f *Feedback) Check() error {
	f.Currency = strings.ToUpper(strings.TrimSpace(f.Currency))
	wrong := func(field, message, hint string) error {
		e := Invalid("bad_feedback", message, hint)
		e.Fields = []string{field}
		return e
	}
	for _, t := range []struct {
		name, value string
		most        int
	}{{"id", f.ID, 200}, {"lead", f.Lead, 100}, {"way", f.Way, 100}, {"feedback", f.Text, 10_000}, {"customer", f.Customer, 200}, {"reason", f.Reason, 2000}, {"by", f.By, 200}} {
		switch {
		case utf8.RuneCountInString(t.value) > t.most:
			return wrong(t.name, fmt.Sprintf("%s is longer than %d characters", t.name, t.most), "send less")
		case !utf8.ValidString(t.value), strings.ContainsRune(t.value, 0):
			return wrong(t.name, t.name+" is not text", "send UTF-8 without NUL")
		}
	}
	switch {
	case strings.TrimSpace(f.Lead) == "":
		return wrong("lead", "the feedback names no lead", "send the lead's id or number")
	case f.Status != "" && !slices.Contains(Statuses, f.Status):
		return wrong("status", "the status is not known", "the statuses are "+strings.Join(Statuses, ", "))
	case f.Amount != "" && !decimal.MatchString(f.Amount.String()):
		return wrong("amount", "the amount is not a number like 12800.50", "send digits with a point, without separators and currency")
	case f.Currency != "" && !currency.MatchString(f.Currency):
		return wrong("currency", "the currency is not three letters", "use ISO 4217, such as CNY")
	case f.Status == StatusNurturing && f.NextAt.IsZero():
		e := AsError(wrong("next_at", "a lead that is nurtured needs a reminder", "say when to ask again"))
		e.Code = "no_reminder"
		return e
	case f.Status == "" && f.Way == "" && f.Text == "" && f.NextAt.IsZero() && f.Amount == "" && f.Customer == "" && f.Reason == "":
		return wrong("status", "the feedback tells nothing", "send a status, a follow-up, or a customer")
	}
	return nil
}

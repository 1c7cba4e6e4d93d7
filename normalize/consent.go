package normalize

import (
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// yesNo holds what forms send for a ticked and an unticked box, folded.
var yesNo = map[string]bool{}

func init() {
	for w := range set("yes y true t 1 on ok agree agreed accept accepted granted checked consent opt-in optin i是 是 同意 已同意 我同意 接受 已接受 授权 已授权 勾选 已勾选 确认 愿意 可以 好 是的 ✓ ✔ √ ☑") {
		yesNo[w] = true
	}
	for w := range set("no n false f 0 off disagree disagreed decline declined denied refused unchecked opt-out optout withdrawn 否 不 不同意 未同意 拒绝 已拒绝 不接受 未授权 未勾选 不愿意 不可以 撤回 已撤回 取消 ✗ ✘ × x ☐") {
		yesNo[w] = false
	}
}

// consents reads what the person agreed to. Several purposes share one answer unless there is one for each.
func (c *cleaning) consents() {
	if !c.has(classConsent) {
		return
	}
	answers := c.draft.Fields[lead.FieldConsent]
	text := c.cut(lead.FieldConsentText, cleanLines(c.draft.First(lead.FieldConsentText)), maxMessage)
	if len(answers) == 0 {
		if text != "" {
			c.note("consent: there is a text, but no answer to it")
			c.keep(lead.FieldConsentText, text)
		}
		return
	}
	consent := lead.Consent{Text: text, Version: c.line(lead.FieldConsentVersion, maxShort), At: c.sub.EventTime}
	if at := clean(c.draft.First(lead.FieldConsentAt)); at != "" {
		t, why := c.instant(at)
		if why != "" {
			c.note("consent_at: %s, the time of the event is taken", why)
		} else {
			consent.At = t
		}
	}
	purposes := c.list(lead.FieldConsentPurpose)
	if len(c.draft.Fields[lead.FieldConsentPurpose]) == len(answers) && len(answers) > 1 {
		purposes = c.draft.Fields[lead.FieldConsentPurpose] // one answer for each, in the channel's order
	}
	if len(purposes) == 0 {
		purposes = []string{"contact"}
	}
	for i, purpose := range purposes {
		purpose, _ := limit(fold(clean(purpose)), maxShort)
		answer := fold(clean(answers[min(i, len(answers)-1)]))
		granted, ok := yesNo[answer]
		if !ok || purpose == "" {
			c.note("consent: the answer to %s is neither yes nor no", purpose)
			c.keep(lead.FieldConsent, answer)
			continue
		}
		consent.Purpose, consent.Granted = purpose, granted
		c.addConsent(consent)
	}
}

// addConsent keeps one consent per purpose. Of two answers to one purpose the no counts.
func (c *cleaning) addConsent(consent lead.Consent) {
	for i, old := range c.sub.Consents {
		if strings.EqualFold(old.Purpose, consent.Purpose) {
			c.sub.Consents[i].Granted = old.Granted && consent.Granted
			return
		}
	}
	c.sub.Consents = append(c.sub.Consents, consent)
}

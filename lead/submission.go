package lead

import "time"

// Raw is one thing as it arrived. Body is never changed: on the broker it is the record's value byte for byte, and
// everything else travels as one header.
type Raw struct {
	ID          string            `json:"id"` // see NewID and DeriveID
	Source      string            `json:"source"`
	Channel     string            `json:"channel"`
	EventID     string            `json:"event_id,omitempty"` // the channel's own id of the event; "" when it has none
	ReceivedAt  time.Time         `json:"received_at"`
	ContentType string            `json:"content_type,omitempty"`
	Import      string            `json:"import,omitempty"` // id of the import that sent it; "" for all else
	Path        string            `json:"path,omitempty"`   // what followed /in/{source}
	Query       string            `json:"query,omitempty"`  // undecoded
	Header      map[string]string `json:"header,omitempty"` // the request headers that Parse may need, canonical names
	RemoteIP    string            `json:"remote_ip,omitempty"`
	Signals     []Signal          `json:"signals,omitempty"` // what intake noticed that speaks for spam
	// Draft is a person's correction of a rejection. When it is set, Parse is not asked.
	Draft *Draft `json:"draft,omitempty"`
	// Index is the number of the draft within the Raw that Draft corrects; with Draft nil the whole Raw is meant.
	Index    int    `json:"index,omitempty"`
	Attempt  int    `json:"attempt,omitempty"`  // 0 as it arrived; grows by one with every replay
	Released bool   `json:"released,omitempty"` // a person sent it again: it is not held as spam
	Fetched  bool   `json:"fetched,omitempty"`  // the hub asked the vendor for the rest: Body holds that, too
	Body     []byte `json:"-"`
}

// Field names of a Draft. A connector fills these and the mapping of a source targets them; any other name is kept
// under Submission.Extra.
const (
	FieldName       = "name"
	FieldFamilyName = "family_name"
	FieldGivenName  = "given_name"
	FieldHonorific  = "honorific"
	FieldPhone      = "phone" // one value may hold several numbers
	FieldEmail      = "email"
	FieldCompany    = "company"
	FieldTitle      = "title" // job title
	FieldCountry    = "country"
	FieldProvince   = "province"
	FieldCity       = "city"
	FieldDistrict   = "district"
	FieldAddress    = "address"
	FieldMessage    = "message"
	FieldProduct    = "product"
	FieldBudget     = "budget"
	FieldTag        = "tag"
	FieldLanguage   = "language"
	FieldWechat     = "wechat" // a WeChat name that a person typed; not an identity of the platform
	FieldQQ         = "qq"
	FieldCallTime   = "call_time"   // when the person wants to be called, in the person's words
	FieldExternalID = "external_id" // the id of this person in the source's own system
	FieldReferrer   = "referred_by" // 推荐人
	FieldOwnerHint  = "owner_hint"  // a colleague the person asked for

	FieldConsent        = "consent" // yes or no, in the words the form uses
	FieldConsentText    = "consent_text"
	FieldConsentVersion = "consent_version"
	FieldConsentPurpose = "consent_purpose"
	FieldConsentAt      = "consent_at"

	FieldUTMSource   = "utm_source"
	FieldUTMMedium   = "utm_medium"
	FieldUTMCampaign = "utm_campaign"
	FieldUTMTerm     = "utm_term"
	FieldUTMContent  = "utm_content"
	FieldUTMID       = "utm_id"
	FieldPage        = "page"     // URL of the page the form stood on
	FieldReferrerURL = "referrer" // URL the visitor came from
	FieldLanding     = "landing"  // URL of the first page of the visit
)

// ExtraPrefix stands before the names of fields that have no place of their own, in Record.Values: "extra.industry". Of these, and
// of FieldMessage, a record keeps the winner alone.
const ExtraPrefix = "extra."

// ClickIDFields are the click ids of advertising platforms that are kept as attribution.
var ClickIDFields = []string{"gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "li_fat_id", "twclid", "clickid", "bd_vid", "qz_gdt", "gdt_vid"}

// Draft is what the channel said, as strings, before anything is cleaned.
type Draft struct {
	// Fields holds the values per field name, in the order the channel gave them.
	Fields map[string][]string `json:"fields"`
	// EventTime is when it happened by the channel's clock, in any usual form; "" means when it was received.
	EventTime string `json:"event_time,omitempty"`
	// Identities are ids the platform itself gave (openid, unionid, buyer id …), never typed by a person.
	Identities []Identity `json:"identities,omitempty"`
	// Verified names the fields that the channel proved to be right, like a phone by a code in a message; never because
	// somebody said so.
	Verified []string `json:"verified,omitempty"`
	Signals  []Signal `json:"signals,omitempty"` // what speaks for spam
	Test     bool     `json:"test,omitempty"`    // the channel marked it as a test
	// Chat tells that the values of FieldMessage are messages that this one person wrote in a conversation, oldest first: what
	// they say of a phone, a name … is taken for the person's own. A remark that somebody else may have written is no chat.
	Chat bool `json:"chat,omitempty"`
}

// Add appends a value to a field; empty values are left out.
func (d *Draft) Add(field, value string) {
	if value == "" {
		return
	}
	if d.Fields == nil {
		d.Fields = map[string][]string{}
	}
	d.Fields[field] = append(d.Fields[field], value)
}

// First returns the first value of a field, or "".
func (d *Draft) First(field string) string {
	if v := d.Fields[field]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Signal is one observation that speaks for spam. The hub adds up the points; from SpamThreshold on the
// submission goes to quarantine.
type Signal struct {
	Code   string `json:"code"` // honeypot, too_fast, links, rate …
	Points int    `json:"points"`
	Detail string `json:"detail,omitempty"` // for people; never personal data
}

// SpamThreshold is the sum of Signal.Points from which a submission is quarantined.
const SpamThreshold = 100

// SpamScore adds up the points of signals.
func SpamScore(signals []Signal) int {
	sum := 0
	for _, s := range signals {
		sum += s.Points
	}
	return sum
}

// Submission is a Draft made clean and ready to compare.
type Submission struct {
	ID          string            `json:"id"`            // the Raw's id; from the second of one Raw on ".1", ".2" … is appended
	Raw         string            `json:"raw,omitempty"` // the Raw's id when it differs from ID
	Source      string            `json:"source"`
	Channel     string            `json:"channel"`
	Trust       int               `json:"trust"` // of the source when it was normalised, 0 to 100
	EventTime   time.Time         `json:"event_time"`
	ReceivedAt  time.Time         `json:"received_at"`
	Name        Name              `json:"name,omitzero"`
	Phones      []Phone           `json:"phones,omitempty"`
	Emails      []Email           `json:"emails,omitempty"`
	Company     Company           `json:"company,omitzero"`
	Title       string            `json:"title,omitempty"`
	Region      Region            `json:"region,omitzero"`
	RegionFrom  string            `json:"region_from,omitempty"` // "fields", "address", "message" or "phone": how sure the region is
	Address     string            `json:"address,omitempty"`
	Message     string            `json:"message,omitempty"`
	Products    []string          `json:"products,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Consents    []Consent         `json:"consents,omitempty"`
	Origin      Origin            `json:"origin,omitzero"`
	Identities  []Identity        `json:"identities"`         // at least one; sorted, the strongest first
	Verified    []string          `json:"verified,omitempty"` // fields of the draft that the channel proved
	Extra       map[string]string `json:"extra,omitempty"`
	Notes       []string          `json:"notes,omitempty"` // what could not be used and why, for people
	Spam        int               `json:"spam,omitempty"`  // score below the threshold
	Test        bool              `json:"test,omitempty"`
	Found       []Found           `json:"found,omitempty"` // what the messages say in free text, in their order
	TraceParent string            `json:"-"`               // W3C trace context, carried as a header
}

// Found is something that free text says: a phone, a name, a budget. The value is what stands at the spans, brought into the
// form of its field.
type Found struct {
	Field string `json:"field"` // a field of the draft, like FieldPhone
	Value string `json:"value"`
	Text  string `json:"text,omitempty"` // as written, when it differs; pieces joined by a space
	Spans []Span `json:"spans"`          // several for a number that was broken over messages
	// Confidence is 0 to 100. From FoundUsed on a finding may become a value of the submission; one below is only shown.
	Confidence int `json:"confidence"`
	// Used tells that it did: nothing of the kind was in a field of its own.
	Used bool `json:"used,omitempty"`
	// Why says in a word why the confidence is low: "third_person", "theirs", "placeholder", "odd_shape"; "" otherwise.
	Why string `json:"why,omitempty"`
}

// FoundUsed is the least confidence of a Found that becomes a value.
const FoundUsed = 80

// Span is a part of one message: bytes From to before To of the value number Message of FieldMessage, as the channel gave it.
type Span struct {
	Message int `json:"message"`
	From    int `json:"from"`
	To      int `json:"to"`
}

// Name of a person. Honorifics (先生, 女士, 总, Mr) are kept apart.
type Name struct {
	Display   string `json:"display"`
	Key       string `json:"key"` // comparison form: width and case folded, no spaces between Han characters
	Honorific string `json:"honorific,omitempty"`
	Family    string `json:"family,omitempty"`
	Given     string `json:"given,omitempty"`
}

// Types of Phone.
const (
	PhoneMobile   = "mobile"
	PhoneLandline = "landline"
	PhoneService  = "service" // 400, 800, 95xxx: a company, not a person
	PhoneUnknown  = "unknown"
)

// Phone is one number. Province and City are where it was issued: a hint, never evidence, as numbers are ported.
type Phone struct {
	E164     string `json:"e164"`
	Ext      string `json:"ext,omitempty"`
	Type     string `json:"type"`
	Raw      string `json:"raw,omitempty"` // as typed, when it differs
	Province string `json:"province,omitempty"`
	City     string `json:"city,omitempty"`
	// Blocked says why the number can never be a key ("placeholder"); "" when it can.
	Blocked string `json:"blocked,omitempty"`
}

// Display is the E.164 number with its extension: "+862088881234;ext=8001".
func (p Phone) Display() string {
	if p.Ext == "" {
		return p.E164
	}
	return p.E164 + ";ext=" + p.Ext
}

// Email has a form to show and a form to compare.
type Email struct {
	Display    string `json:"display"`
	Key        string `json:"key"`                  // lower case, provider's dots and plus tags removed
	Role       bool   `json:"role,omitempty"`       // info@, sales@: a mailbox, not a person
	Disposable bool   `json:"disposable,omitempty"` //
	Suggestion string `json:"suggestion,omitempty"` // gmial.com → gmail.com; only suggested, never applied
	Blocked    string `json:"blocked,omitempty"`    // why it can never be a key; "" when it can
}

// Company has the name as said and a key without legal form, brackets and width.
type Company struct {
	Display string `json:"display"`
	Key     string `json:"key"`
}

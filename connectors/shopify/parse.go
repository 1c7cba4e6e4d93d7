package shopify

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// resource is a customer, an order or a checkout of the REST Admin API, whose members have the same names. shopify.dev/docs/api/webhooks
type resource struct {
	CreatedAt connectors.Scalar `json:"created_at"`
	UpdatedAt connectors.Scalar `json:"updated_at"`
	Email     connectors.Scalar `json:"email"`
	Phone     connectors.Scalar `json:"phone"`
	Note      connectors.Scalar `json:"note"`
	Tags      connectors.Scalar `json:"tags"` // "VIP, wholesale"
	Test      connectors.Scalar `json:"test"`
	consents

	// Of a customer.
	ID        connectors.Scalar `json:"id"`
	FirstName connectors.Scalar `json:"first_name"`
	LastName  connectors.Scalar `json:"last_name"`
	Default   *address          `json:"default_address"`

	// Of an order or a checkout.
	Customer      *resource                    `json:"customer"`
	Billing       *address                     `json:"billing_address"`
	Shipping      *address                     `json:"shipping_address"`
	ContactEmail  connectors.Scalar            `json:"contact_email"`
	SMSPhone      connectors.Scalar            `json:"sms_marketing_phone"`
	Locale        connectors.Scalar            `json:"customer_locale"`
	Landing       connectors.Scalar            `json:"landing_site"` // a path with its query, or an address
	Referring     connectors.Scalar            `json:"referring_site"`
	Attributes    []map[string]json.RawMessage `json:"note_attributes"` // name, value
	LineItems     []map[string]json.RawMessage `json:"line_items"`
	Name          connectors.Scalar            `json:"name"` // "#1001"
	SourceName    connectors.Scalar            `json:"source_name"`
	TotalPrice    connectors.Scalar            `json:"total_price"`
	Currency      connectors.Scalar            `json:"currency"`
	CheckoutURL   connectors.Scalar            `json:"abandoned_checkout_url"`
	AcceptsEmails connectors.Scalar            `json:"buyer_accepts_marketing"`
}

type consents struct {
	Emails   consent `json:"email_marketing_consent"`
	Messages consent `json:"sms_marketing_consent"`
}

type consent struct {
	State connectors.Scalar `json:"state"`
}

// answer is "" where the person has not answered yet, or may not be asked: pending, invalid, redacted.
func (c consent) answer() string {
	switch c.State {
	case "subscribed":
		return "yes"
	case "not_subscribed", "unsubscribed":
		return "no"
	}
	return ""
}

type address struct {
	FirstName connectors.Scalar `json:"first_name"`
	LastName  connectors.Scalar `json:"last_name"`
	Company   connectors.Scalar `json:"company"`
	Phone     connectors.Scalar `json:"phone"`
	Address1  connectors.Scalar `json:"address1"`
	Address2  connectors.Scalar `json:"address2"`
	City      connectors.Scalar `json:"city"`
	Province  connectors.Scalar `json:"province"`
	Country   connectors.Scalar `json:"country"`
	Zip       connectors.Scalar `json:"zip"`
}

var domain = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,252}$`)

// Parse reads the draft of a customer, an order or a checkout; none when nobody can be recognised in it, and for every other topic.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var r resource
	if err := json.Unmarshal(raw.Body, &r); err != nil {
		return nil, connectors.BadJSON("a resource of Shopify")
	}
	topic := raw.Header[headerTopic]
	if topic == "" {
		topic = r.topic()
	}
	customer := r.Customer
	switch topic {
	case "customers/create", "customers/update":
		customer = &r
	case "orders/create", "checkouts/create", "checkouts/update":
	default:
		return nil, nil
	}
	d := lead.Draft{Test: raw.Header[headerTest] == "true" || r.Test == "true", EventTime: string(r.CreatedAt)}
	if strings.HasSuffix(topic, "/update") && r.UpdatedAt != "" {
		d.EventTime = string(r.UpdatedAt)
	}
	s.person(&d, r, customer)
	shop := strings.ToLower(raw.Header[headerShop])
	if !domain.MatchString(shop) {
		shop = ""
	}
	if customer != nil && customer.ID != "" && shop != "" {
		d.Identities = []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "shopify/" + shop, Value: string(customer.ID)}}
	}
	if len(d.Identities) == 0 && d.First(lead.FieldEmail) == "" && d.First(lead.FieldPhone) == "" {
		return nil, nil // a checkout before its first field was filled, a sale over the counter
	}
	if customer == &r {
		d.Add("note", string(r.Note)) // the shop's own remark on the customer
	} else {
		s.purchase(&d, r, shop)
	}
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

// topic tells what a body is that came without its headers, as one that is only tried out.
func (r resource) topic() string {
	switch {
	case r.CheckoutURL != "":
		return "checkouts/create"
	case r.LineItems != nil:
		return "orders/create"
	case r.Email != "" || r.Phone != "" || r.Default != nil:
		return "customers/create"
	}
	return ""
}

// person fills in who it is: the customer before the addresses; where something is sent may be somebody else.
func (s *source) person(d *lead.Draft, r resource, customer *resource) {
	if customer == nil {
		customer = &resource{}
	}
	where := &address{}
	for _, a := range []*address{r.Billing, customer.Default, r.Shipping} {
		if a != nil {
			where = a
			break
		}
	}
	for _, email := range []connectors.Scalar{r.Email, r.ContactEmail, customer.Email} {
		once(d, lead.FieldEmail, email)
	}
	for _, phone := range []connectors.Scalar{r.Phone, r.SMSPhone, customer.Phone, where.Phone} {
		once(d, lead.FieldPhone, phone)
	}
	first, last := customer.FirstName, customer.LastName
	if first == "" && last == "" {
		first, last = where.FirstName, where.LastName
	}
	once(d, lead.FieldGivenName, first)
	once(d, lead.FieldFamilyName, last)
	once(d, lead.FieldCompany, where.Company)
	once(d, lead.FieldCountry, where.Country)
	once(d, lead.FieldProvince, where.Province)
	once(d, lead.FieldCity, where.City)
	once(d, lead.FieldAddress, connectors.Scalar(strings.TrimSpace(string(where.Address1+" "+where.Address2))))
	once(d, "postal_code", where.Zip)
	once(d, lead.FieldLanguage, r.Locale)
	for tag := range strings.SplitSeq(string(customer.Tags), ",") {
		once(d, lead.FieldTag, connectors.Scalar(tag))
	}
	emails := customer.Emails.answer()
	if emails == "" && r.AcceptsEmails != "" {
		emails = map[bool]string{true: "yes", false: "no"}[r.AcceptsEmails == "true"]
	}
	addConsent(d, "email_marketing", emails)
	addConsent(d, "sms_marketing", customer.Messages.answer())
}

// purchase adds what was bought, and where the visit began.
func (s *source) purchase(d *lead.Draft, r resource, shop string) {
	once(d, lead.FieldMessage, r.Note)
	for _, item := range r.LineItems {
		once(d, lead.FieldProduct, text(item["title"]))
	}
	landing := string(r.Landing)
	if strings.HasPrefix(landing, "/") && shop != "" {
		landing = "https://" + shop + landing
	}
	d.Add(lead.FieldLanding, landing)
	d.Add(lead.FieldReferrerURL, string(r.Referring))
	for _, a := range r.Attributes {
		if value := strings.TrimSpace(string(text(a["value"]))); value != "" {
			s.mapper.AddAnswer(d, value, string(text(a["name"])))
		}
	}
	d.Add("order", string(r.Name))
	d.Add("order_source", string(r.SourceName))
	if r.TotalPrice != "" {
		d.Add("order_total", strings.TrimSpace(string(r.TotalPrice+" "+r.Currency)))
	}
	d.Add("checkout_url", string(r.CheckoutURL))
}

// once adds a value that the field does not have yet.
func once(d *lead.Draft, field string, value connectors.Scalar) {
	if v := strings.TrimSpace(string(value)); !slices.Contains(d.Fields[field], v) {
		d.Add(field, v)
	}
}

func text(raw json.RawMessage) (s connectors.Scalar) {
	_ = json.Unmarshal(raw, &s) // "" when it is not there
	return s
}

func addConsent(d *lead.Draft, purpose, answer string) {
	if answer != "" {
		d.Add(lead.FieldConsent, answer)
		d.Add(lead.FieldConsentPurpose, purpose)
	}
}

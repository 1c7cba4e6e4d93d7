package assign

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Field is one name that a condition may use.
type Field struct {
	Name    string
	Type    string // string, number, bool, list of strings, map of strings
	About   string
	Example string
	// Decided fields are set by rules and people. Conditions of scoring cannot use them: a score is a function of what the
	// touches said and of the rules, nothing else.
	Decided bool
	get     func(*facts, *lead.Record) any
}

// facts are what conditions know beside the lead.
type facts struct {
	zone     *time.Location
	channels map[string]string // by key of a source
	reps     map[string]lead.Rep
	used     []*Field // that a condition asks for
}

// Fields lists every field of a condition, in the order of the documentation.
func Fields() []Field { return fields }

var fields = []Field{
	{Name: "name", Type: "string", About: "name as shown", Example: `name startsWith "李"`, get: func(_ *facts, r *lead.Record) any { return r.Name }},
	{Name: "honorific", Type: "string", About: "先生, 女士, Mr …", Example: `honorific == "女士"`, get: func(_ *facts, r *lead.Record) any { return r.Honorific }},
	{Name: "company", Type: "string", About: "company as shown", Example: `company contains "医院"`, get: func(_ *facts, r *lead.Record) any { return r.Company }},
	{Name: "title", Type: "string", About: "job title", Example: `title matches "总监|经理|CEO"`, get: func(_ *facts, r *lead.Record) any { return r.Title }},
	{Name: "phone", Type: "string", About: "the best phone, E.164", Example: `phone startsWith "+852"`, get: func(_ *facts, r *lead.Record) any { return first(r.Phones) }},
	{Name: "phones", Type: "list", About: "all phones, E.164", Example: `len(phones) > 1`, get: func(_ *facts, r *lead.Record) any { return listOf(r.Phones) }},
	{Name: "phone_type", Type: "string", About: `"mobile", "landline", "other", or "" without a phone`, Example: `phone_type == "mobile"`, get: func(_ *facts, r *lead.Record) any { return phoneType(r) }},
	{Name: "email", Type: "string", About: "the best email", Example: `email != ""`, get: func(_ *facts, r *lead.Record) any { return first(r.Emails) }},
	{Name: "emails", Type: "list", About: "all emails", Example: `any(emails, # endsWith ".edu.cn")`, get: func(_ *facts, r *lead.Record) any { return listOf(r.Emails) }},
	{Name: "email_domain", Type: "string", About: "of the best email, lower case", Example: `email_domain in ["qq.com", "163.com"]`, get: func(_ *facts, r *lead.Record) any { return domain(first(r.Emails)) }},
	{Name: "country", Type: "string", About: "ISO 3166-1 alpha-2", Example: `country != "CN"`, get: func(_ *facts, r *lead.Record) any { return r.Region.Country }},
	{Name: "province", Type: "string", About: "full name", Example: `province in ["江苏省", "浙江省", "上海市"]`, get: func(_ *facts, r *lead.Record) any { return r.Region.Province }},
	{Name: "city", Type: "string", About: "full name; that of the province for a municipality", Example: `city == "深圳市"`, get: func(_ *facts, r *lead.Record) any { return r.Region.City }},
	{Name: "district", Type: "string", About: "full name", Example: `district == "南山区"`, get: func(_ *facts, r *lead.Record) any { return r.Region.District }},
	{Name: "address", Type: "string", About: "as said", Example: `address contains "软件园"`, get: func(_ *facts, r *lead.Record) any { return r.Address }},
	{Name: "language", Type: "string", About: "as the channel said it, lower case", Example: `language startsWith "en"`, get: func(_ *facts, r *lead.Record) any { return strings.ToLower(extra(r, lead.FieldLanguage)) }},
	{Name: "message", Type: "string", About: "what the person wrote; the best value when several wrote", Example: `message contains "报价"`, get: func(_ *facts, r *lead.Record) any { return winner(r, lead.FieldMessage) }},
	{Name: "budget", Type: "number", About: "the first number of the budget; 万, 千, 亿 and k are multiplied out; 0 when there is none", Example: `budget >= 100000`, get: func(_ *facts, r *lead.Record) any { return amount(extra(r, lead.FieldBudget)) }},
	{Name: "referred_by", Type: "string", About: "推荐人", Example: `referred_by != ""`, get: func(_ *facts, r *lead.Record) any { return extra(r, lead.FieldReferrer) }},
	{Name: "owner_hint", Type: "string", About: "the colleague the person asked for, in his words", Example: `owner_hint != ""`, get: func(_ *facts, r *lead.Record) any { return extra(r, lead.FieldOwnerHint) }},
	{Name: "extra", Type: "map", About: `every other field that a channel said, by name; "" for one it did not say`, Example: `extra["industry"] == "医疗"`, get: func(_ *facts, r *lead.Record) any { return extras(r) }},
	{Name: "products", Type: "list", About: "products of interest", Example: `"CRM" in products`, get: func(_ *facts, r *lead.Record) any { return listOf(r.Products) }},
	{Name: "said_tags", Type: "list", About: "tags that touches said", Example: `"vip" in said_tags`, get: func(_ *facts, r *lead.Record) any { return listOf(r.Said) }},
	{Name: "consented", Type: "bool", About: "whether the person agreed to be contacted", Example: `consented`, get: func(_ *facts, r *lead.Record) any { return consented(r) }},
	{Name: "source", Type: "string", About: "key of the source of the latest touch", Example: `source == "price-page"`, get: func(_ *facts, r *lead.Record) any { return r.LastFrom.Source }},
	{Name: "first_source", Type: "string", About: "key of the source of the earliest touch", Example: `first_source == "expo"`, get: func(_ *facts, r *lead.Record) any { return r.FirstFrom.Source }},
	{Name: "sources", Type: "list", About: "keys of all its sources", Example: `"taobao-shop" in sources`, get: func(_ *facts, r *lead.Record) any { return listOf(r.Sources) }},
	{Name: "channel", Type: "string", About: "channel of the latest touch's source", Example: `channel == "webform"`, get: func(f *facts, r *lead.Record) any { return f.channels[r.LastFrom.Source] }},
	{Name: "channels", Type: "list", About: "channels of all its sources", Example: `"wechat" in channels`, get: func(f *facts, r *lead.Record) any { return channelsOf(f, r) }},
	{Name: "campaign", Type: "string", About: "utm_campaign of the latest touch", Example: `campaign == "spring"`, get: func(_ *facts, r *lead.Record) any { return r.LastFrom.UTM["campaign"] }},
	{Name: "utm", Type: "map", About: "UTM of the latest touch: source, medium, campaign, term, content, id", Example: `utm["source"] == "baidu"`, get: func(_ *facts, r *lead.Record) any { return mapOf(r.LastFrom.UTM) }},
	{Name: "page", Type: "string", About: "page the latest touch came from", Example: `page contains "/price"`, get: func(_ *facts, r *lead.Record) any { return r.LastFrom.Page }},
	{Name: "referrer", Type: "string", About: "URL the visitor came from", Example: `referrer contains "zhihu.com"`, get: func(_ *facts, r *lead.Record) any { return r.LastFrom.Referrer }},
	{Name: "landing", Type: "string", About: "first page of the visit", Example: `landing contains "/webinar"`, get: func(_ *facts, r *lead.Record) any { return r.LastFrom.Landing }},
	{Name: "touches", Type: "number", About: "how many touches it has", Example: `touches >= 3`, get: func(_ *facts, r *lead.Record) any { return r.Touches }},
	{Name: "is_new", Type: "bool", About: "whether it has one touch only", Example: `is_new`, get: func(_ *facts, r *lead.Record) any { return r.Touches <= 1 }},
	{Name: "first_hour", Type: "number", About: "hour of the earliest touch, 0 to 23, in the hub's time zone", Example: `first_hour >= 22 or first_hour < 6`, get: func(f *facts, r *lead.Record) any { return r.FirstSeen.In(f.zone).Hour() }},
	{Name: "first_weekday", Type: "string", About: "day of the earliest touch: mon tue wed thu fri sat sun", Example: `first_weekday in ["sat", "sun"]`, get: func(f *facts, r *lead.Record) any { return weekdays[r.FirstSeen.In(f.zone).Weekday()] }},
	{Name: "last_hour", Type: "number", About: "hour of the latest touch", Example: `last_hour < 9`, get: func(f *facts, r *lead.Record) any { return r.LastSeen.In(f.zone).Hour() }},
	{Name: "last_weekday", Type: "string", About: "day of the latest touch", Example: `last_weekday == "mon"`, get: func(f *facts, r *lead.Record) any { return weekdays[r.LastSeen.In(f.zone).Weekday()] }},

	{Name: "score", Type: "number", About: "by the rules of scoring", Example: `score >= 80`, Decided: true, get: func(_ *facts, r *lead.Record) any { return r.Score }},
	{Name: "grade", Type: "string", About: "A to D, by the rules of scoring", Example: `grade in ["A", "B"]`, Decided: true, get: func(_ *facts, r *lead.Record) any { return r.Grade }},
	{Name: "product_line", Type: "string", About: "by the rules of scoring", Example: `product_line == "cloud"`, Decided: true, get: func(_ *facts, r *lead.Record) any { return r.Line }},
	{Name: "tags", Type: "list", About: "all tags, those of rules, too", Example: `"vip" in tags`, Decided: true, get: func(_ *facts, r *lead.Record) any { return listOf(r.Tags) }},
	{Name: "stage", Type: "string", About: "lifecycle stage", Example: `stage == "SQL"`, Decided: true, get: func(_ *facts, r *lead.Record) any { return r.Stage }},
	{Name: "status", Type: "string", About: "new, assigned, working, nurturing, converted, unqualified, archived", Example: `status == "working"`, Decided: true, get: func(_ *facts, r *lead.Record) any { return r.Status }},
	{Name: "owner", Type: "string", About: "key of the rep who owns it", Example: `owner == ""`, Decided: true, get: func(_ *facts, r *lead.Record) any { return r.Owner }},
	{Name: "owner_team", Type: "string", About: "team of the rep who owns it", Example: `owner_team == "east"`, Decided: true, get: func(f *facts, r *lead.Record) any { return f.reps[r.Owner].Team }},
	{Name: "owner_level", Type: "number", About: "level of the rep who owns it; 0 without one", Example: `owner_level >= 3`, Decided: true, get: func(f *facts, r *lead.Record) any { return f.reps[r.Owner].Level }},
}

// closed are the only values that some fields have.
var closed = map[string][]string{
	"grade":         {"", "A", "B", "C", "D"},
	"phone_type":    {"", phoneMobile, phoneLandline, phoneOther},
	"first_weekday": weekdays[:],
	"last_weekday":  weekdays[:],
	"status": {lead.StatusNew, lead.StatusAssigned, lead.StatusWorking, lead.StatusNurturing, lead.StatusConverted, lead.StatusUnqualified,
		lead.StatusArchived},
}

// bounds are the least and the greatest value of some numbers.
var bounds = map[string][2]float64{"first_hour": {0, 23}, "last_hour": {0, 23}, "touches": {1, math.Inf(1)}, "budget": {0, math.Inf(1)}}

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// sample is an environment of the right types, for the checker: of all fields, or of those that no rule decides.
func sample(decided bool) map[string]any {
	env := make(map[string]any, len(fields))
	for _, f := range fields {
		if f.Decided && !decided {
			continue
		}
		env[f.Name] = f.get(&facts{zone: time.UTC}, &lead.Record{})
	}
	return env
}

// use notes what a condition asks for.
func (f *facts) use(c *condition) {
	for i := range fields {
		asked := slices.Contains(c.fields, fields[i].Name) || slices.Contains(c.fields, "$env")
		if asked && !slices.Contains(f.used, &fields[i]) {
			f.used = append(f.used, &fields[i])
		}
	}
}

// fill sets what conditions see of a lead.
func (f *facts) fill(env map[string]any, r *lead.Record) {
	for _, field := range f.used {
		env[field.Name] = field.get(f, r)
	}
}

// env is what conditions see of a lead.
func (f *facts) env(r *lead.Record) map[string]any {
	env := make(map[string]any, len(f.used))
	f.fill(env, r)
	return env
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// listOf and mapOf keep nil out of conditions.
func listOf(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func mapOf(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func winner(r *lead.Record, field string) string {
	if v := r.Values[field]; len(v) > 0 {
		return v[0].Value
	}
	return ""
}

func extra(r *lead.Record, name string) string { return winner(r, lead.ExtraPrefix+name) }

func extras(r *lead.Record) map[string]string {
	out := map[string]string{}
	for field, v := range r.Values {
		if name, ok := strings.CutPrefix(field, lead.ExtraPrefix); ok && len(v) > 0 {
			out[name] = v[0].Value
		}
	}
	return out
}

// Values of phone_type.
const (
	phoneMobile   = "mobile"
	phoneLandline = "landline"
	phoneOther    = "other"
)

func phoneType(r *lead.Record) string {
	kind := ""
	if len(r.Phones) > 0 {
		kind = phoneOther
	}
	for i := range r.Identities {
		switch r.Identities[i].Kind {
		case lead.IdentityMobile:
			return phoneMobile
		case lead.IdentityLandline:
			kind = phoneLandline
		}
	}
	return kind
}

func domain(email string) string {
	_, d, _ := strings.Cut(email, "@")
	return strings.ToLower(d)
}

func consented(r *lead.Record) bool {
	for _, c := range r.Consents {
		if c.Purpose == "contact" {
			return c.Granted
		}
	}
	return false
}

func channelsOf(f *facts, r *lead.Record) []string {
	out := make([]string, 0, len(r.Sources))
	for _, s := range r.Sources {
		if c := f.channels[s]; c != "" {
			out = append(out, c)
		}
	}
	return out
}

// amount is the first number of a text: "20-30万" is 200000, because what stands behind the last number counts for the first, too.
func amount(text string) float64 {
	start := strings.IndexAny(text, "0123456789")
	if start < 0 {
		return 0
	}
	text = strings.ReplaceAll(text[start:], ",", "")
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(text)
	}
	n, err := strconv.ParseFloat(strings.TrimRight(text[:end], "."), 64)
	if err != nil {
		return 0
	}
	rest := strings.TrimLeftFunc(text[end:], func(r rune) bool { return strings.ContainsRune(" -–—~～至到.0123456789", r) })
	for unit, by := range map[string]float64{"万": 1e4, "萬": 1e4, "w": 1e4, "W": 1e4, "千": 1e3, "k": 1e3, "K": 1e3, "亿": 1e8, "百万": 1e6, "千万": 1e7} {
		if strings.HasPrefix(rest, unit) && (unit != "千" || !strings.HasPrefix(rest, "千万")) {
			n *= by
			break
		}
	}
	return n
}

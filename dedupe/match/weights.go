package match

import "math"

// Fields of a Part.
const (
	FieldPrior   = "prior"
	FieldName    = "name"
	FieldPhone   = "phone"
	FieldEmail   = "email"
	FieldCompany = "company"
	FieldRegion  = "region"
	FieldID      = "identity"
)

// Levels of agreement: the code of a Part.
const (
	Prior = "prior" // how rarely two leads are one person before anything is compared

	NameSame    = "name_same"
	NameSwapped = "name_swapped" // the parts in another order
	NameSound   = "name_sound"   // other characters, same pinyin
	NameNear    = "name_near"    // nearly the same sound: zh and z, n and ng
	NameScript  = "name_script"  // Chinese here, pinyin there
	NameClose   = "name_close"   // Latin letters, a slip or an initial apart
	NameGiven   = "name_given"   // one is the given name of the other
	NamePart    = "name_part"    // one says only the family name, and it agrees
	NameAlike   = "name_alike"   // one character of three differs: a slip, or a sister
	NameFamily  = "name_family"  // only the family name agrees
	NameDiffers = "name_differs"

	PhoneSame     = "phone_same"
	PhoneDigit    = "phone_digit"   // one digit wrong, lost or doubled
	PhoneCrossed  = "phone_crossed" // two neighbouring digits swapped
	LandlineSame  = "landline_same"
	LandlineOther = "landline_extension" // same landline, other extension
	ServiceSame   = "service_same"       // same 400 or 800 number
	PhoneDiffers  = "phone_differs"

	EmailSame    = "email_same"
	EmailLocal   = "email_local" // same before the @
	EmailClose   = "email_close" // a slip apart
	MailboxSame  = "mailbox_same"
	EmailDiffers = "email_differs"

	CompanySame       = "company_same"
	CompanyCore       = "company_core" // one leaves the place out
	CompanyClose      = "company_close"
	CompanyOtherPlace = "company_other_place"
	CompanyDiffers    = "company_differs"

	RegionCity    = "region_city"
	RegionPart    = "region_province"
	RegionOther   = "region_other_city" // same province
	RegionDiffers = "region_differs"

	IDSame     = "identity_same"   // kept apart until now, or too generic to join
	IDFamily   = "identity_family" // the same value in another scope
	IDConflict = "identity_conflict"
)

// Thresholds of Score.Weight, in bits.
const (
	// Possible is even odds: from here on the review queue is right more often than not, so a person's look is worth it.
	Possible = 0.0
	// Likely is 128 to 1: of a hundred such pairs fewer than one is wrong, so a queue may be worked through by the page.
	// It is still never merged by itself.
	Likely = 7.0
)

// priorBits: in a pool of some ten thousand leads of whom a few in a hundred come twice, about one pair in a million is
// one person (2^-20).
const priorBits = -20.0

// odds are the shares of pairs that show a level: m among pairs of one person's leads, which strong identities did
// not join already; u among pairs of strangers. They are general knowledge, not learnt from any labelled file: how often
// people mistype, abbreviate and move, how phone numbers, names and places are spread. A level whose u depends on the
// value takes it from Frequencies instead; u then is how many times more common the looser agreement is.
type odds struct {
	m, u   float64
	scaled bool // u is a factor on the value's share
}

var known = map[string]odds{
	NameSame:    {m: 0.62, u: 1, scaled: true},
	NameSwapped: {m: 0.05, u: 1, scaled: true},
	NameSound:   {m: 0.06, u: 6, scaled: true}, // a reading stands for some six common ways to write it
	NameNear:    {m: 0.02, u: 20, scaled: true},
	NameScript:  {m: 0.05, u: 8, scaled: true},
	NameClose:   {m: 0.05, u: 10, scaled: true},
	NameGiven:   {m: 0.03, u: 1, scaled: true},
	NamePart:    {m: 0.90, u: 1, scaled: true}, // of pairs where one says no more
	NameAlike:   {m: 0.01, u: 0.006},
	NameFamily:  {m: 0.02, u: 0.06},
	NameDiffers: {m: 0.04, u: 0.93},

	PhoneSame:     {m: 0.50, u: 1e-6},
	PhoneDigit:    {m: 0.05, u: 1e-6}, // numbers are given out in runs: neighbours are a little commoner than chance
	PhoneCrossed:  {m: 0.02, u: 5e-7},
	LandlineSame:  {m: 0.30, u: 2e-4},
	LandlineOther: {m: 0.05, u: 2e-4},
	ServiceSame:   {m: 0.10, u: 1e-3},
	PhoneDiffers:  {m: 0.35, u: 1}, // a second number is common

	EmailSame:    {m: 0.50, u: 1e-6},
	EmailLocal:   {m: 0.06, u: 2e-5},
	EmailClose:   {m: 0.05, u: 5e-6},
	MailboxSame:  {m: 0.10, u: 5e-4},
	EmailDiffers: {m: 0.35, u: 1},

	CompanySame:       {m: 0.60, u: 1, scaled: true},
	CompanyCore:       {m: 0.12, u: 2, scaled: true},
	CompanyClose:      {m: 0.08, u: 8, scaled: true},
	CompanyOtherPlace: {m: 0.01, u: 0.014},
	CompanyDiffers:    {m: 0.15, u: 1}, // people change jobs and write group, brand or shop

	RegionCity:    {m: 0.70, u: 0.05},
	RegionPart:    {m: 0.75, u: 0.10},
	RegionOther:   {m: 0.06, u: 0.05},
	RegionDiffers: {m: 0.20, u: 0.90},

	IDSame:     {m: 0.50, u: 1e-6},
	IDFamily:   {m: 0.05, u: 1e-5},
	IDConflict: {m: 0.01, u: 1},
}

// weigh gives the bits of a level, from a table made once: one logarithm is as dear as a comparison.
func weigh(level string, share float64) float64 {
	bits := fixed[level]
	if !known[level].scaled {
		return bits
	}
	return bits - math.Log2(min(max(share, 1e-6), 1))
}

var fixed = func() map[string]float64 {
	m := map[string]float64{}
	for level, o := range known {
		m[level] = math.Log2(o.m / o.u)
	}
	return m
}()

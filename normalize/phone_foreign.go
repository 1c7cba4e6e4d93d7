package normalize

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/leadhub/leadhub/lead"
)

// foreign reads a number with a country code, or one of the given country, with libphonenumber's rules.
func foreign(s, country string) (lead.Phone, bool) {
	const longest = 40
	if len(s) > longest || strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("0123456789+-() ./", r)
	}) {
		return lead.Phone{}, false
	}
	s = strings.TrimLeft(s, " (")
	if rest, ok := strings.CutPrefix(s, "00"); ok { // as dialled from most of the world
		s = "+" + rest
	}
	if country == "" || country == "CN" {
		country = "ZZ" // only with a country code: Chinese numbers are read elsewhere
	}
	number, err := phonenumbers.Parse(s, country)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return lead.Phone{}, false
	}
	p := lead.Phone{E164: phonenumbers.Format(number, phonenumbers.E164), Ext: number.GetExtension(), Type: lead.PhoneUnknown}
	switch phonenumbers.GetNumberType(number) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE: // North America does not tell them apart; people leave mobiles
		p.Type = lead.PhoneMobile
	case phonenumbers.FIXED_LINE:
		p.Type = lead.PhoneLandline
	case phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST, phonenumbers.UAN:
		p.Type = lead.PhoneService
	}
	switch number.GetCountryCode() {
	case 86:
		return p, p.Type != lead.PhoneUnknown
	case 852:
		p.Province, p.City = hongKong, hongKong
	case 853:
		p.Province, p.City = macau, macau
	case 886:
		p.Province = taiwan
	}
	return p, true
}

// countryOf returns the ISO code of the country of an E.164 number; "" when it is not known.
func countryOf(e164 string) string {
	switch {
	case strings.HasPrefix(e164, "+86"), strings.HasPrefix(e164, "+852"), strings.HasPrefix(e164, "+853"), strings.HasPrefix(e164, "+886"):
		return "CN"
	}
	number, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil {
		return ""
	}
	if r := phonenumbers.GetRegionCodeForNumber(number); len(r) == 2 && r != "ZZ" {
		return r
	}
	return ""
}

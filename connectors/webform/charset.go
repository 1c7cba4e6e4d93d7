package webform

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/leadhub/leadhub/connectors"
)

// toUTF8 decodes bytes by the charset that was declared; without one, or with one that is not true, by what the bytes
// are: UTF-8, GB18030 when its pairs make sense, else Windows-1252, which takes anything.
func toUTF8(b []byte, declared string) []byte {
	if declared != "" {
		if enc, err := htmlindex.Get(declared); err == nil {
			if name, _ := htmlindex.Name(enc); name != "utf-8" {
				if out, err := enc.NewDecoder().Bytes(b); err == nil && !bytes.ContainsRune(out, utf8.RuneError) {
					return out
				}
			}
		}
	}
	if utf8.Valid(b) {
		return b
	}
	if plausibleGB(b) {
		if out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b); err == nil && !bytes.ContainsRune(out, utf8.RuneError) {
			return out
		}
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return bytes.ToValidUTF8(b, []byte("\ufffd"))
	}
	return out
}

// plausibleGB reports whether most high bytes come in pairs of high bytes, as in nearly all Chinese text. "Müller" in a
// western charset is valid GB18030 too, as a high byte followed by a letter.
func plausibleGB(b []byte) bool {
	both, mixed := 0, 0
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		if i+1 < len(b) && b[i+1] >= 0x80 {
			both++
		} else {
			mixed++
		}
		i++
	}
	return both > mixed
}

// charsetField is filled in by the browser itself with the charset it used.
const charsetField = "_charset_"

// pairsToUTF8 decodes the pairs of one form, all by the same charset: the one the browser named in _charset_, the
// declared one, or the one that fits all of them together.
func pairsToUTF8(pairs []connectors.Pair, declared string) []connectors.Pair {
	valid := true
	for _, p := range pairs {
		if p.Name == charsetField && p.Value != "" {
			declared = p.Value
		}
		valid = valid && utf8.ValidString(p.Name) && utf8.ValidString(p.Value)
	}
	if valid && (declared == "" || isUTF8(declared)) {
		return pairs
	}
	// One text, so that one decision is made over all of it.
	var all []byte
	for _, p := range pairs {
		all = append(append(append(append(all, p.Name...), 0), p.Value...), 0)
	}
	fields := bytes.Split(toUTF8(all, declared), []byte{0})
	if len(fields) != 2*len(pairs)+1 { // a NUL in a value moved the borders: one by one then
		for i := range pairs {
			pairs[i] = connectors.Pair{Name: string(toUTF8([]byte(pairs[i].Name), declared)), Value: string(toUTF8([]byte(pairs[i].Value), declared))}
		}
		return pairs
	}
	for i := range pairs {
		pairs[i] = connectors.Pair{Name: string(fields[2*i]), Value: string(fields[2*i+1])}
	}
	return pairs
}

func isUTF8(charset string) bool {
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return false
	}
	name, _ := htmlindex.Name(enc)
	return name == "utf-8"
}

package console

import "github.com/leadhub/leadhub/lead"

// Words say what the hub keeps as keys, codes and English sentences as the pages say it, with the names of a configuration: for whoever tells of
// leads elsewhere.
type Words struct{ speech }

// NewWords returns the words of a language, "en" or "zh".
func NewWords(lang string, c lead.Config) Words {
	return Words{speech{names: namesOf(c), catalogue: loaded().catalogues[lang], lang: lang}}
}

// Stage is the name of a stage at which something was rejected.
func (w Words) Stage(stage string) string { return w.or("stage."+stage, stage) }

// Refusal says why something was refused or rejected: in a language that has no words for the sentence, what its code means.
func (w Words) Refusal(code, message string) string {
	said := w.or("sentence."+code, w.reason(w.lang, message))
	if w.lang != "en" && said == message {
		return w.or("code."+code, message)
	}
	return said
}

// Field is the name of a field of a lead.
func (w Words) Field(field string) string { return w.or("field."+field, field) }

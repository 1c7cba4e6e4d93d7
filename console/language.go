package console

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/text/language"
)

//go:embed catalogue/*.json
var catalogueFiles embed.FS

// languages the console speaks. The first is the one for a browser that asks for neither.
var languages = []string{"en", "zh"}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Chinese})

const languageCookie = "leadhub_lang"

// catalogue holds the texts of one language by key.
type catalogue map[string]string

func loadCatalogues() map[string]catalogue {
	out := map[string]catalogue{}
	for _, lang := range languages {
		b, err := catalogueFiles.ReadFile("catalogue/" + lang + ".json")
		if err == nil {
			var c catalogue
			err = json.Unmarshal(b, &c)
			out[lang] = c
		}
		if err != nil {
			panic("console: catalogue " + lang + ": " + err.Error()) // embedded: a test of every page would fail
		}
	}
	return out
}

// text returns the text of a key with its arguments laid in. An unknown key is shown as it is.
func (c catalogue) text(key string, args ...any) string {
	s, ok := c[key]
	if !ok {
		return key
	}
	if len(args) > 0 {
		return fmt.Sprintf(s, args...)
	}
	return s
}

// or returns the text of a key, or fallback for a key the catalogue does not have: codes and names that come from outside.
func (c catalogue) or(key, fallback string) string {
	if s, ok := c[key]; ok {
		return s
	}
	return fallback
}

// chooseLanguage goes by ?lang=, then the cookie, then what the browser asks for. A choice in the URL is remembered.
func chooseLanguage(w http.ResponseWriter, r *http.Request) string {
	for _, lang := range languages {
		if r.URL.Query().Get("lang") == lang {
			http.SetCookie(w, cookie(r, languageCookie, lang, 365*24*time.Hour))
			return lang
		}
	}
	if c, err := r.Cookie(languageCookie); err == nil {
		for _, lang := range languages {
			if c.Value == lang {
				return lang
			}
		}
	}
	_, i := language.MatchStrings(matcher, r.Header.Get("Accept-Language"))
	return languages[i]
}

package webform

import (
	_ "embed"
	"html/template"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

//go:embed snippet.html
var snippetText string

var snippetTemplate = template.Must(template.New("snippet").Parse(snippetText))

// snippetInput is one visible field of the snippet.
type snippetInput struct {
	Name, Label, Type, Autocomplete string
	Required, Long                  bool
}

// word is a text of the snippet in both languages.
func word(lang, en, zh string) string {
	if lang == "en" {
		return en
	}
	return zh
}

// Snippet is the HTML of a form that posts to src, to be copied into a page. It works without JavaScript; its script adds
// where the visitor came from, an id that makes a double click one submission, and how long filling in took.
func (c Connector) Snippet(base string, src lead.Source, lang string) string {
	set, err := spec.Check(src)
	if err != nil { // still a form to look at; the settings are refused elsewhere
		set, _ = spec.Check(lead.Source{Key: src.Key})
	}
	note := word(lang,
		"<!-- leadhub form. Under a Content-Security-Policy: move the script into a file of your own or give it a nonce, and allow this address in form-action. A page with Referrer-Policy: no-referrer cannot post when allowed_origins is set. -->",
		"<!-- leadhub 表单。若页面启用 Content-Security-Policy：请把脚本移到自己的文件或加上 nonce，并在 form-action 中允许此地址。若设置了 allowed_origins，页面不能使用 Referrer-Policy: no-referrer。 -->")
	var out strings.Builder
	err = snippetTemplate.Execute(&out, map[string]any{
		"Note":        template.HTML(note), // a constant; the template engine drops comments of its own text
		"FormID":      "leadhub-" + src.Key,
		"Action":      strings.TrimRight(base, "/") + "/in/" + src.Key,
		"Lang":        word(lang, "en", "zh-CN"),
		"Inputs":      snippetInputs(set, lang),
		"Consent":     set.String(setConsentText),
		"ConsentVer":  set.String(setConsentVer),
		"Honeypot":    set.String(setHoneypot),
		"LeaveEmpty":  word(lang, "Leave this empty", "请勿填写此项"),
		"IDField":     set.String(setIDField),
		"Started":     startedField,
		"Elapsed":     elapsedField,
		"Send":        word(lang, "Send", "提交"),
		"Attribution": slices.Concat(utmFields, lead.ClickIDFields),
	})
	if err != nil {
		return "<!-- " + template.HTMLEscapeString(err.Error()) + " -->"
	}
	return out.String()
}

func snippetInputs(set connectors.Settings, lang string) []snippetInput {
	inputs := []snippetInput{
		{Name: lead.FieldName, Label: word(lang, "Name", "姓名"), Type: "text", Autocomplete: "name"},
		{Name: lead.FieldPhone, Label: word(lang, "Phone", "手机"), Type: "tel", Autocomplete: "tel"},
		{Name: lead.FieldEmail, Label: word(lang, "Email", "邮箱"), Type: "email", Autocomplete: "email"},
		{Name: lead.FieldCompany, Label: word(lang, "Company", "公司"), Type: "text", Autocomplete: "organization"},
		{Name: lead.FieldMessage, Label: word(lang, "Message", "留言"), Long: true},
	}
	mapper := connectors.NewMapper(set)
	for _, required := range set.List(setRequired) {
		if strings.Contains(required, "|") || mapper.Field(required) == lead.FieldConsent {
			continue // either of two cannot be said in HTML; the hub says it
		}
		i := slices.IndexFunc(inputs, func(in snippetInput) bool { return in.Name == required || in.Name == mapper.Field(required) })
		if i < 0 {
			i = len(inputs)
			inputs = append(inputs, snippetInput{Name: required, Label: required, Type: "text"})
		}
		inputs[i].Required = true
	}
	return inputs
}

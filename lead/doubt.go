package lead

// Doubt is something in a configuration that was taken and is probably a mistake.
type Doubt struct {
	Path    string `json:"path"`    // where it stands: rules[2].when
	Message string `json:"message"` // one sentence
	Hint    string `json:"hint"`
}

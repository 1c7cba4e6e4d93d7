package lead

// Order is what a person asks to be done with leads.
type Order struct {
	Actor string // who: "person:<token name>"
	Why   string // in the person's words; may be empty
	// Preview tells what would become of it, and changes nothing.
	Preview bool
}

package lead

import "time"

// States of an Import. It is at rest in all but checking, running and undoing.
const (
	ImportInspected = "inspected" // it is on the hub's disk, and its layout is proposed
	ImportChecking  = "checking"
	ImportChecked   = "checked" // nothing is written yet
	ImportRunning   = "running"
	ImportDone      = "done" // every row has an outcome
	ImportCancelled = "cancelled"
	ImportFailed    = "failed" // see Error; the rows that were sent stay
	ImportUndoing   = "undoing"
	ImportUndone    = "undone"
)

// Import is a file that a person uploads, and what becomes of its rows.
type Import struct {
	ID      string     `json:"id"` // "imp_" + ULID
	Source  string     `json:"source"`
	File    string     `json:"file"` // as the person calls it
	SHA256  string     `json:"sha256"`
	Bytes   int64      `json:"bytes"`
	State   string     `json:"state"`
	Actor   string     `json:"actor"`
	Created time.Time  `json:"created"`
	Started *time.Time `json:"started,omitempty"` // its rows are received at this time
	Ended   *time.Time `json:"ended,omitempty"`
	// Layout says how the file is read; a person can change it until the import is started.
	Layout   Layout         `json:"layout"`
	Check    *ImportCheck   `json:"check,omitempty"` // of this layout; nil when there was none
	Progress ImportProgress `json:"progress"`
	// Waiting tells what a job waits for at the moment: the broker, the pool, another import. nil when it does not.
	Waiting *Text `json:"waiting,omitempty"`
	// Error tells why the import, or the check, failed.
	Error *ImportError `json:"error,omitempty"`
	// Notes are what a person should know before a start, beside the notices of the layout.
	Notes []Notice `json:"notes"`
	// Repeats is the id of the latest import of the same file into the same source whose rows are in the pool.
	Repeats string `json:"repeats,omitempty"`
	// Expired tells that the file is deleted: there is no result to download, and no undo.
	Expired bool `json:"expired,omitempty"`
}

// AtRest reports whether nothing works on the import.
func (i *Import) AtRest() bool {
	return i.State != ImportChecking && i.State != ImportRunning && i.State != ImportUndoing
}

// ImportError is why something failed, as in a problem.
type ImportError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// ImportProgress counts rows that hold anything. Those before it are read in the order of the file.
type ImportProgress struct {
	Total int64 `json:"total"` // rows of the file; an estimate until Exact
	Exact bool  `json:"exact"`
	Read  int64 `json:"read"`
	// Sent of the rows read are durable on the broker, or were in the pool already.
	Sent int64 `json:"sent"`
	// The next six add up to the rows whose outcome is known; Pending of the sent ones have none yet.
	New         int64 `json:"new"`         // became leads
	Joined      int64 `json:"joined"`      // joined leads that were there, or rows before them
	Same        int64 `json:"same"`        // were there already, of an import of the same file
	Rejected    int64 `json:"rejected"`    //
	Skipped     int64 `json:"skipped"`     // no lead: a total, a repeated header, the example row
	Quarantined int64 `json:"quarantined"` // held as spam
	Pending     int64 `json:"pending"`
	// Withdrawn counts rows that an undo took back; Undone is how many rows it has looked at.
	Withdrawn int64 `json:"withdrawn"`
	Undone    int64 `json:"undone"`
}

// Settled is the number of rows whose outcome is known.
func (p *ImportProgress) Settled() int64 {
	return p.New + p.Joined + p.Same + p.Rejected + p.Skipped + p.Quarantined
}

// ImportCheck is what an import would do. Rows is the sum of the seven counts after it.
type ImportCheck struct {
	Rows    int64 `json:"rows"` // that hold anything
	New     int64 `json:"new"`
	Joins   int64 `json:"joins"`   // leads of the pool
	InFile  int64 `json:"in_file"` // the same person as a row before
	Known   int64 `json:"known"`   // in the pool already, of an import of the same file
	Invalid int64 `json:"invalid"` // would be rejected
	Skipped int64 `json:"skipped"` // no lead: a total, a repeated header, the example row
	Spam    int64 `json:"spam"`
	// InvalidBy counts the invalid rows by code.
	InvalidBy map[string]int64 `json:"invalid_by"`
	// Preview is the first rows, as the leads that they would be.
	Preview []ImportPreview `json:"preview"`
}

// Verdicts of a row in a preview, beside VerdictNew.
const (
	PreviewJoins   = "joins"
	PreviewInFile  = "in_file"
	PreviewKnown   = "known"
	PreviewInvalid = "invalid"
	PreviewSkipped = "skipped"
	PreviewSpam    = "spam"
)

// ImportPreview is one row as the lead it would be.
type ImportPreview struct {
	Sheet   string              `json:"sheet"`
	Row     int                 `json:"row"`
	Draft   map[string][]string `json:"draft"`          // what was read, by field
	Lead    *PreviewedLead      `json:"lead,omitempty"` // what it is after cleaning; nil when it would be rejected
	Verdict string              `json:"verdict"`
	Number  string              `json:"number,omitempty"` // of the lead that it joins
	Code    string              `json:"code,omitempty"`   // of the rejection
	Text    Text                `json:"text"`             // the verdict in words
	Notes   []string            `json:"notes"`            // what could not be used
}

// PreviewedLead is what a row says of a person, cleaned.
type PreviewedLead struct {
	Name    string   `json:"name"`
	Phones  []string `json:"phones"`
	Emails  []string `json:"emails"`
	Company string   `json:"company"`
	Title   string   `json:"title"`
	Region  Region   `json:"region"`
}

// ImportQuery selects imports, latest first. Empty fields do not restrict.
type ImportQuery struct {
	Source string
	SHA256 string
	States []string
	Cursor string // ImportPage.Next of the page before
	Limit  int    // 1 to 200; 0 = 50
}

// ImportPage is one page of imports. Next is "" on the last.
type ImportPage struct {
	Items []Import `json:"items"`
	Next  string   `json:"next"`
}

// RowStatus is where a row is: that of the submission with its id.
type RowStatus struct {
	State      string // StatePooled for a touch, StateRejected, StateQuarantined, or RejectionWithdrawn
	ReceivedAt time.Time
	Attempt    int // of a rejection
	// Of a touch.
	Verdict string // kind
	Lead    string // living
	Number  string
	Reasons []string
	// Of a rejection.
	Code, Message, Hint string
}

// RememberedColumns are what a person once said of a sheet's columns.
type RememberedColumns struct {
	Fingerprint string
	Columns     []RememberedColumn
}

// RememberedColumn is one of them.
type RememberedColumn struct {
	Index  int    `json:"index"`
	Field  string `json:"field"`
	Format string `json:"format,omitempty"`
}

// ImportUpload is what comes with a file.
type ImportUpload struct {
	Source   string
	Name     string // of the file, as the sender calls it
	Actor    string
	Defaults map[string]string // for the whole file, by field
}

// Columns of a transcript, of which each row is a message. They are no fields of a Draft: they say whose message it is.
const (
	ColumnConversation = "conversation"
	ColumnBuyer        = "buyer"
	ColumnSender       = "sender"
	ColumnShop         = "shop"
	ColumnPlatform     = "platform"
)

// ImportFields are what a column of a file can be, in the order to show; beside them "event_time", "-" for a column that is dropped, and ""
// for one that is kept under its header.
var ImportFields = []string{FieldName, FieldFamilyName, FieldGivenName, FieldHonorific, FieldPhone, FieldEmail, FieldWechat, FieldQQ, FieldCompany,
	FieldTitle, FieldCountry, FieldProvince, FieldCity, FieldDistrict, FieldAddress, FieldProduct, FieldBudget, FieldMessage, FieldTag, FieldLanguage,
	FieldReferrer, FieldOwnerHint, FieldExternalID, FieldConsent, FieldConsentText, FieldConsentVersion, FieldConsentPurpose, FieldConsentAt,
	FieldUTMSource, FieldUTMMedium, FieldUTMCampaign, FieldUTMTerm, FieldUTMContent, FieldUTMID, FieldPage, FieldReferrerURL, FieldLanding,
	ColumnConversation, ColumnBuyer, ColumnSender, ColumnShop, ColumnPlatform}

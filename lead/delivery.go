package lead

import "time"

// Kinds of a NotifyTarget.
const (
	TargetWecom    = "wecom"    // 企业微信群机器人
	TargetDingTalk = "dingtalk" // 钉钉自定义机器人
	TargetFeishu   = "feishu"   // 飞书自定义机器人
	TargetEmail    = "email"    // SMTP, to the address of the rep
	TargetWebhook  = "webhook"  // signed JSON: an SMS gateway, or anything else
)

// What a message tells of a person.
const (
	DetailMinimal = "minimal" // number, source, grade and link
	DetailMasked  = "masked"  // also surname, masked phone, company, region and why; the default
	DetailFull    = "full"    // also the full name, phones and emails; never in a group
)

// NotifyTarget is a way to tell reps: a group robot, a mail server, a webhook. A rep is told through every target that serves the
// notification.
type NotifyTarget struct {
	Key     string `json:"key"`
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Enabled bool   `json:"enabled"`
	// URL of a robot or a webhook. It carries the robot's key: sealed at rest and left out by the API.
	URL string `json:"url,omitempty"`
	// Secret signs: of DingTalk and Feishu when the robot asks for it, of a webhook always ("whsec_…"). Sealed as URL is.
	Secret string     `json:"secret,omitempty"`
	Mail   MailServer `json:"mail,omitzero"` // of an email target

	Serves   Served     `json:"serves,omitzero"`
	Language string     `json:"language,omitempty"` // zh or en; zh unless set
	Detail   string     `json:"detail,omitempty"`   // one of the Detail constants; DetailMasked unless set
	Quiet    QuietHours `json:"quiet,omitzero"`
	// PerMinute is the most messages in a minute; 0 leaves it to the kind, and -1 is no limit. What is more waits and becomes one message.
	PerMinute int `json:"per_minute"`
	// MaxBytes is the most that one message holds; 0 leaves it to the kind.
	MaxBytes int `json:"max_bytes"`
	// LimitedCodes are the replies of a robot that mean "too often", beside those that are known.
	LimitedCodes []int `json:"limited_codes,omitempty"`
}

// MailServer is an SMTP server.
type MailServer struct {
	Host     string `json:"host"`
	Port     int    `json:"port,omitempty"` // 465 with tls, 587 with starttls, unless set
	TLS      string `json:"tls,omitempty"`  // "starttls", unless set, or "tls" from the first byte
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"` // sealed at rest and left out by the API
	From     string `json:"from"`               // address, or "Name <address>"
}

// Served narrows what a target is used for. Empty lists leave nothing out.
type Served struct {
	Kinds   []string `json:"kinds,omitempty"` // of notifications
	Teams   []string `json:"teams,omitempty"`
	Reps    []string `json:"reps,omitempty"`
	Sources []string `json:"sources,omitempty"` // a lead with one of them
	Grades  []string `json:"grades,omitempty"`
}

// QuietHours hold messages back; when they end, what was held is one message per rep.
type QuietHours struct {
	From     string   `json:"from,omitempty"`      // "21:00"
	To       string   `json:"to,omitempty"`        // "08:30"; before From means on the next day
	TimeZone string   `json:"time_zone,omitempty"` // IANA name; the hub's unless set
	Urgent   []string `json:"urgent,omitempty"`    // kinds of notification that are not held
}

// RepContact is where a rep is reached.
type RepContact struct {
	Email    string `json:"email,omitempty"`
	Mobile   string `json:"mobile,omitempty"` // to be mentioned in a group, and for SMS gateways
	Wecom    string `json:"wecom,omitempty"`  // user ids, to be mentioned in a group
	DingTalk string `json:"dingtalk,omitempty"`
	Feishu   string `json:"feishu,omitempty"`
}

// States of a Delivery.
const (
	DeliveryWaiting = "waiting" // for its time: at once, after quiet hours, before the next try
	DeliverySent    = "sent"
	DeliveryDead    = "dead"    // given up; Code and Message say why. It can be sent again
	DeliveryDropped = "dropped" // nobody needs to be told any more; Code says why
)

// Delivery is one notification on its way through one target.
type Delivery struct {
	ID      string `json:"id"` // "dlv_" + ULID
	Target  string `json:"target"`
	State   string `json:"state"`
	Attempt int    `json:"attempt"` // tries that began
	// Message is the id of the message that carries it, which may carry others; "" before the first try. It stays the same through
	// retries.
	Message string    `json:"message_id"`
	Code    string    `json:"code"`   // of what became of it last; "" when all went well
	Reason  string    `json:"reason"` // the same in a sentence
	Created time.Time `json:"created"`
	Due     time.Time `json:"due,omitzero"`   // of one that waits; of one in a digest at the latest
	Ended   time.Time `json:"ended,omitzero"` // of one that does not

	Notification Notification `json:"notification"`
}

// DeliveryQuery selects deliveries, latest first.
type DeliveryQuery struct {
	State, Target, Rep string // any when empty
	Cursor             string
	Limit              int // 50 unless set, 200 at most
}

// DeliveryPage is a page of deliveries.
type DeliveryPage struct {
	Items []Delivery `json:"items"`
	Next  string     `json:"next"`
}

// TargetState is what the hub keeps of a target.
type TargetState struct {
	Target string `json:"target"`
	// Tokens are the messages that could go at once, as of Filled.
	Tokens float64   `json:"tokens"`
	Filled time.Time `json:"filled,omitzero"`
	// Paused is until when nothing is sent, because the other side said "too often"; the zero time when it did not.
	Paused time.Time `json:"paused,omitzero"`
	// Disabled tells that the other side said the address is gone. Another address, or a test that goes well, takes it back.
	Disabled    bool      `json:"disabled"`
	Fingerprint string    `json:"fingerprint,omitempty"` // of the address that is gone; it tells nothing of it
	Code        string    `json:"code"`                  // of the last failure; "" when the last message went well
	Reason      string    `json:"reason"`
	Sent        time.Time `json:"sent,omitzero"` // last
	Failed      time.Time `json:"failed,omitzero"`
}

// TestResult is what a target answered to a sample.
type TestResult struct {
	OK     bool   `json:"ok"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
	Hint   string `json:"hint"`
	Took   string `json:"took"` // like "132ms"
}

package main

import "github.com/leadhub/leadhub/lead"

// fileContact is a lead.RepContact.
type fileContact struct {
	Email    string `yaml:"email" json:"email,omitempty"`
	Mobile   string `yaml:"mobile" json:"mobile,omitempty"`
	Wecom    string `yaml:"wecom" json:"wecom,omitempty"`
	DingTalk string `yaml:"dingtalk" json:"dingtalk,omitempty"`
	Feishu   string `yaml:"feishu" json:"feishu,omitempty"`
}

// fileTarget is a lead.NotifyTarget.
type fileTarget struct {
	Key       string      `yaml:"key" json:"key"`
	Kind      string      `yaml:"kind" json:"kind,omitempty"`
	Name      *string     `yaml:"name" json:"name,omitempty"`
	Enabled   *bool       `yaml:"enabled" json:"enabled,omitempty"`
	URL       *string     `yaml:"url" json:"url,omitempty"`
	Secret    *string     `yaml:"secret" json:"secret,omitempty"`
	Mail      *fileMail   `yaml:"mail" json:"mail,omitempty"`
	Serves    *fileServed `yaml:"serves" json:"serves,omitempty"`
	Language  *string     `yaml:"language" json:"language,omitempty"`
	Detail    *string     `yaml:"detail" json:"detail,omitempty"`
	Quiet     *fileQuiet  `yaml:"quiet" json:"quiet,omitempty"`
	PerMinute *int        `yaml:"per_minute" json:"per_minute,omitempty"`
	MaxBytes  *int        `yaml:"max_bytes" json:"max_bytes,omitempty"`
	Limited   []int       `yaml:"limited_codes" json:"limited_codes,omitempty"`
}

// fileMail is a lead.MailServer.
type fileMail struct {
	Host     string `yaml:"host" json:"host,omitempty"`
	Port     int    `yaml:"port" json:"port,omitempty"`
	TLS      string `yaml:"tls" json:"tls,omitempty"`
	Username string `yaml:"username" json:"username,omitempty"`
	Password string `yaml:"password" json:"password,omitempty"`
	From     string `yaml:"from" json:"from,omitempty"`
}

// fileServed is a lead.Served.
type fileServed struct {
	Kinds   []string `yaml:"kinds" json:"kinds,omitempty"`
	Teams   []string `yaml:"teams" json:"teams,omitempty"`
	Reps    []string `yaml:"reps" json:"reps,omitempty"`
	Sources []string `yaml:"sources" json:"sources,omitempty"`
	Grades  []string `yaml:"grades" json:"grades,omitempty"`
}

// fileQuiet is a lead.QuietHours.
type fileQuiet struct {
	From     string   `yaml:"from" json:"from,omitempty"`
	To       string   `yaml:"to" json:"to,omitempty"`
	TimeZone string   `yaml:"time_zone" json:"time_zone,omitempty"`
	Urgent   []string `yaml:"urgent" json:"urgent,omitempty"`
}

func (t fileTarget) target() lead.NotifyTarget {
	return lead.NotifyTarget{Key: t.Key, Kind: t.Kind, Name: or(t.Name, t.Key), Enabled: or(t.Enabled, true), URL: or(t.URL, ""), Secret: or(t.Secret, ""),
		Mail: lead.MailServer(or(t.Mail, fileMail{})), Serves: lead.Served(or(t.Serves, fileServed{})), Language: or(t.Language, ""), Detail: or(t.Detail, ""),
		Quiet: lead.QuietHours(or(t.Quiet, fileQuiet{})), PerMinute: or(t.PerMinute, 0), MaxBytes: or(t.MaxBytes, 0), LimitedCodes: t.Limited}
}

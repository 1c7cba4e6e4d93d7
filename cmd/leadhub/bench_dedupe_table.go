package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/dedupe/match/labelled"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
)

// table measures on a labelled table: what the rules join by themselves, where it holds identities, and what the
// comparison of possible duplicates finds.
func (c *benchDedupeCmd) table(p process) error {
	if c.Truth == "" {
		return lead.Invalid("no_truth", "which rows are one person is not known", "name the column that tells it with --truth")
	}
	doc, err := os.ReadFile(c.CSV)
	if err != nil {
		return err
	}
	scored, err := labelled.Measure(bytes.NewReader(doc), labelled.Options{Truth: c.Truth, Ignore: []string{causeColumn}})
	if err != nil {
		return err
	}
	rows, err := labelled.Read(bytes.NewReader(doc), c.Truth)
	if err != nil {
		return err
	}
	auto, err := measureTable(rows)
	if err != nil {
		return err
	}
	if auto.Submissions > 0 {
		if err := c.print(p, "automatic merges", auto); err != nil {
			return err
		}
	} else if !c.JSON {
		fmt.Fprint(p.stdout, "automatic merges: no row holds a phone that can be read, an email or an id of a platform\n\n")
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			Name string `json:"name"`
			labelled.Report
		}{"possible duplicates, scored", scored})
	}
	_, err = fmt.Fprintf(p.stdout, "possible duplicates, scored\n%s\n", scored.String())
	return err
}

// causeColumn tells, in a table of generated people, the trap of a row: it says as much as the truth.
const causeColumn = "cause"

// measureTable reads the rows of a table as a form would send them.
func measureTable(t *labelled.Table) (merged, error) {
	n, err := normalize.New(normalize.Config{})
	if err != nil {
		return merged{}, err
	}
	fields := fieldsOfTable(t)
	cause := slices.Index(t.Header, causeColumn)
	var subs []*lead.Submission
	var truth, causes []string
	for i, row := range t.Rows {
		var d lead.Draft
		for c, v := range row {
			if add := fields[c]; add != nil && v != "" {
				add(&d, row, v)
			}
		}
		sub, err := n.Submission(lead.Raw{ID: fmt.Sprintf("row_%08d", i), Source: "table", Channel: "excel", ReceivedAt: time.Unix(0, 0)}, 0, d, 50)
		if err != nil {
			continue
		}
		subs, truth, causes = append(subs, sub), append(truth, strconv.Itoa(int(t.Entity[i]))), append(causes, "")
		if cause >= 0 {
			causes[len(causes)-1] = row[cause]
		}
	}
	m := measureMerges(subs, truth, causes)
	m.Unreadable = len(t.Rows) - len(subs)
	return m, nil
}

// platformColumns are columns with ids that platforms give, and where their scope stands, as the generated people's table
// has them.
var platformColumns = map[string]struct{ kind, scope string }{
	"unionid": {lead.IdentityUnionID, ""}, "wechat_unionid": {lead.IdentityUnionID, "wechat_platform"},
	"openid": {lead.IdentityOpenID, ""}, "wechat_openid": {lead.IdentityOpenID, "wechat_appid"},
	"external_userid": {lead.IdentityWecom, ""}, "wecom_external_userid": {lead.IdentityWecom, "wecom_corp"},
	"buyer_id": {lead.IdentityBuyer, ""}, "taobao_buyer_id": {lead.IdentityBuyer, ""}, "jd_buyer_id": {lead.IdentityBuyer, ""},
}

// fieldOfKind is where a column goes that no alias of a form knows, by what it holds.
var fieldOfKind = map[string]string{"phone": lead.FieldPhone, "email": lead.FieldEmail, "full name": lead.FieldName,
	"given name": lead.FieldGivenName, "family name": lead.FieldFamilyName}

// fieldsOfTable tells of each column how its cells go into a draft; nil for one that is not looked at: the truth, and ids of
// rows and groups, which in labelled tables often hold it once more.
func fieldsOfTable(t *labelled.Table) []func(d *lead.Draft, row []string, v string) {
	mapper := connectors.NewMapper(connectors.Settings{})
	out := make([]func(*lead.Draft, []string, string), len(t.Header))
	for c, name := range t.Header {
		field := fieldOfKind[t.Kinds[c]]
		platform, known := platformColumns[strings.ToLower(name)]
		switch {
		case t.Kinds[c] == "" || name == causeColumn:
		case known:
			at := slices.Index(t.Header, platform.scope)
			out[c] = func(d *lead.Draft, row []string, v string) {
				id := lead.Identity{Kind: platform.kind, Scope: name, Value: v}
				if at >= 0 {
					id.Scope = row[at]
				}
				d.Identities = append(d.Identities, id)
			}
		case field != "" && mapper.Field(name) == "":
			out[c] = func(d *lead.Draft, _ []string, v string) { d.Add(field, v) }
		default:
			out[c] = func(d *lead.Draft, _ []string, v string) { mapper.Add(d, connectors.Pair{Name: name, Value: v}) }
		}
	}
	return out
}

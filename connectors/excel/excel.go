// Package excel reads the lists that people upload: .xlsx, .xls, .csv and .tsv. It finds the header, proposes what every
// column means, cuts the file into one event per row, and undoes the damage that spreadsheets do to phone numbers, ids
// and dates, as far as it can be undone without guessing.
package excel

import (
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Names and values of the settings.
const (
	setHiddenRows = "hidden_rows"
	setDateOrder  = "date_order"
	setBuyerScope = "buyer_scope"

	hiddenRead = "read"
	hiddenSkip = "skip"
	orderAuto  = "auto"

	scopeShop     = "shop"
	scopePlatform = "platform"
)

// Connector is the channel excel.
type Connector struct{}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec { return spec }

var spec = connectors.Spec{
	Channel: "excel",
	Title:   connectors.Text{EN: "Spreadsheet", ZH: "Excel 表格"},
	Description: connectors.Text{
		EN: "Lists that people upload: exhibitions, store registers, name cards, partners, referrals.",
		ZH: "人工上传的名单：展会、到店登记、名片、合作伙伴、转介绍等。"},
	Docs:         "https://learn.microsoft.com/en-us/openspecs/office_standards/ms-xlsx/",
	Upload:       true,
	Authenticity: connectors.Text{EN: "the account of who uploads", ZH: "上传者的账号"},
	Delivery:     connectors.Text{EN: "a file; an import goes on where it was interrupted", ZH: "文件；中断的导入会从中断处继续"},
	Dedup:        connectors.Text{EN: "file content, sheet and row", ZH: "文件内容、工作表与行"},
	Sure:         connectors.SureVerified,
	Tested:       []string{connectors.TestedFiles},
	Settings: []connectors.Field{
		{Name: setHiddenRows, Default: hiddenRead, OneOf: []string{hiddenRead, hiddenSkip}, Help: connectors.Text{
			EN: "What becomes of rows that are hidden by hand or by a filter. They are counted either way.",
			ZH: "被手动或筛选隐藏的行：read 表示照常导入，skip 表示不导入；两种情况都会计数。"}},
		{Name: setDateOrder, Default: orderAuto, OneOf: []string{orderAuto, "dmy", "mdy", "ymd"}, Help: connectors.Text{
			EN: "Order of dates like 3/4/2026 in columns where neither another date nor the header tells it. auto: such dates are not used.",
			ZH: "像 3/4/2026 这样的日期，若同列其他日期和表头都无法判断顺序，按此顺序读取。auto 表示不采用此类日期。"}},
		{Name: setBuyerScope, Default: scopeShop, OneOf: []string{scopeShop, scopePlatform}, Help: connectors.Text{
			EN: "Within what a buyer of a transcript is one person: one shop, or the whole platform.",
			ZH: "聊天记录中的买家在什么范围内代表同一个人：单个店铺，或整个平台。"}},
	},
	Identities: []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}, {Kind: lead.IdentityExternal}, {Kind: lead.IdentityBuyer, Unique: true}},
}

// source is one configured place that lists come from.
type source struct {
	mapper      *connectors.Mapper
	mapped      bool // the source has a mapping of its own
	skipHidden  bool
	scopeByShop bool
	order       orders // of dates that nothing else decides; 0 when nobody has said
}

// Open makes a source of its settings.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	return &source{
		mapper:      connectors.NewMapper(set),
		mapped:      len(set.Mapping) > 0,
		skipHidden:  set.String(setHiddenRows) == hiddenSkip,
		scopeByShop: set.String(setBuyerScope) == scopeShop,
		order:       orderOf(set.String(setDateOrder)),
	}, nil
}

package normalize

import (
	"testing"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// typical is what the form of a Chinese website sends.
func typical() (lead.Raw, lead.Draft) {
	raw := lead.Raw{ID: "sub_01HV0000000000000000000000AAAAAA", Source: "official-site", Channel: "webform",
		ReceivedAt: time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)}
	return raw, lead.Draft{EventTime: "2026-01-02 11:04:05", Fields: map[string][]string{
		lead.FieldName: {"王小明"}, lead.FieldPhone: {"13912345678"}, lead.FieldEmail: {"xiaoming.wang@tengfei-tech.cn"},
		lead.FieldCompany: {"深圳市腾飞科技有限公司"}, lead.FieldCity: {"深圳"}, lead.FieldMessage: {"您好，我想了解一下报价和交付周期"},
	}}
}

func BenchmarkPhoneFastPath(b *testing.B) {
	n := newNormalizer(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := n.mobileCN("139 1234 5678", "CN"); !ok {
			b.Fatal("not read")
		}
	}
}

func BenchmarkPhoneLandline(b *testing.B) {
	n := newNormalizer(b)
	b.ReportAllocs()
	for b.Loop() {
		n.readPhones("0755-88881234转8001", "CN")
	}
}

func BenchmarkPhoneForeign(b *testing.B) {
	n := newNormalizer(b)
	b.ReportAllocs()
	for b.Loop() {
		n.readPhones("+1 415 555 2671", "CN")
	}
}

func BenchmarkSubmission(b *testing.B) {
	n := newNormalizer(b)
	raw, d := typical()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.Submission(raw, 0, d, 50); err != nil {
			b.Fatal(err)
		}
	}
}

func newNormalizer(t testing.TB) *Normalizer {
	t.Helper()
	n, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// chatting is what a customer writes before somebody calls: most messages hold nothing.
var chatting = []string{"你好，在吗", "想了解一下你们的净水器，家里三室两厅用哪款合适", "大概多少钱？能上门安装吗", "好的，我考虑一下", "我在杭州余杭区", "可以，电话13912345678，微信同号", "明天下午三点后联系我"}

func BenchmarkChat(b *testing.B) {
	n := newNormalizer(b)
	raw, _ := typical()
	d := lead.Draft{Chat: true, Identities: []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "s", Value: "b"}}, Fields: map[string][]string{lead.FieldMessage: chatting}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.Submission(raw, 0, d, 50); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(chatting)), "ns/message")
}

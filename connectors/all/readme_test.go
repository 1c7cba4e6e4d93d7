package all

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
)

var update = flag.Bool("update", false, "write the tables of channels in the READMEs anew")

const (
	tableBegin = "<!-- channels: go test ./connectors/all -update -->\n"
	tableEnd   = "<!-- /channels -->\n"
)

func TestTheTableOfChannelsIsMadeOfTheSpecs(t *testing.T) {
	for file, in := range map[string]func(connectors.Text) string{
		"../../README.md":       func(text connectors.Text) string { return text.EN },
		"../../README.zh-CN.md": func(text connectors.Text) string { return text.ZH },
	} {
		page, err := os.ReadFile(file)
		require.NoError(t, err)
		before, rest, ok := strings.Cut(string(page), tableBegin)
		require.True(t, ok, "%s has no line %s", file, tableBegin)
		_, after, ok := strings.Cut(rest, tableEnd)
		require.True(t, ok, "%s has no line %s", file, tableEnd)
		want := before + tableBegin + table(t, in) + tableEnd + after
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
			continue
		}
		require.Equal(t, want, string(page), "run go test ./connectors/all -update")
	}
}

// words are the closed words of a Spec.
var words = map[string]connectors.Text{
	"Push": {EN: "push", ZH: "推送"}, "Poll": {EN: "poll", ZH: "轮询"}, "Listen": {EN: "long connection", ZH: "长连接"}, "Upload": {EN: "upload", ZH: "上传"},
	connectors.SureVerified: {EN: "verified", ZH: "已核实"}, connectors.SurePartly: {EN: "partly", ZH: "部分核实"}, connectors.SureReadme: {EN: "see its page", ZH: "见其说明"},
	connectors.TestedCases: {EN: "cases", ZH: "个用例"}, connectors.TestedVectors: {EN: "the vendor's examples", ZH: "厂商示例"},
	connectors.TestedFake: {EN: "a fake vendor", ZH: "模拟厂商"}, connectors.TestedFiles: {EN: "files", ZH: "文件"}, connectors.TestedLive: {EN: "a real account", ZH: "真实账号"},
}

// table is one row a channel, in the language that in chooses.
func table(t *testing.T, in func(connectors.Text) string) string {
	var b strings.Builder
	row := func(cells ...string) {
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	say := func(en, zh string) string { return in(connectors.Text{EN: en, ZH: zh}) }
	row(say("channel", "渠道"), say("arrives by", "接入方式"), say("proved by", "来源验证"), say("delivery", "送达保证"), say("the same again is known by", "去重依据"),
		say("facts", "依据"), say("tested with", "测试方式"))
	b.WriteString("|---|---|---|---|---|---|---|\n")
	for _, c := range Connectors() {
		s := c.Spec()
		row(fmt.Sprintf("[%s](connectors/%s/README.md) `%s`", in(s.Title), s.Channel, s.Channel), strings.Join(modes(s, in), say(", ", "、")), in(s.Authenticity), in(s.Delivery), in(s.Dedup),
			in(words[s.Sure]), strings.Join(tested(t, s, in), say(", ", "、")))
	}
	return b.String()
}

func modes(s connectors.Spec, in func(connectors.Text) string) (out []string) {
	for _, m := range []struct {
		is   bool
		name string
	}{{s.Push, "Push"}, {s.Poll, "Poll"}, {s.Listen, "Listen"}, {s.Upload, "Upload"}} {
		if m.is {
			out = append(out, in(words[m.name]))
		}
	}
	return out
}

// tested counts the cases, so that the word cannot outlive them.
func tested(t *testing.T, s connectors.Spec, in func(connectors.Text) string) (out []string) {
	cases, err := filepath.Glob("../../fixtures/channels/" + s.Channel + "/*/request.http")
	require.NoError(t, err)
	require.Equal(t, len(cases) > 0, slices.Contains(s.Tested, connectors.TestedCases), "%s: the word cases and the folder fixtures/channels/%[1]s", s.Channel)
	for _, how := range s.Tested {
		word := in(words[how])
		if how == connectors.TestedCases {
			word = fmt.Sprintf("%d %s", len(cases), word)
		}
		out = append(out, word)
	}
	return out
}

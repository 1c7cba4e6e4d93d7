package labelled

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestTablesAreReadInEveryUsualForm(t *testing.T) {
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String("姓名,城市\n王小明,深圳\n")
	require.NoError(t, err)
	want := &table{[]string{"姓名", "城市"}, [][]string{{"王小明", "深圳"}}}
	for _, s := range []string{"姓名,城市\n王小明,深圳\n", "\ufeff姓名,城市\r\n王小明,深圳\r\n", "姓名;城市\n王小明;深圳", "姓名\t城市\n王小明\t深圳\n", "姓名|城市\n\n王小明 | 深圳 |mehr\n||\n", gbk} {
		got, err := readTable(strings.NewReader(s))
		require.NoError(t, err)
		require.Equal(t, want, got, s)
	}
	for _, s := range []string{"\xff\xfeN\x00a\x00m\x00e\x00\n\x00M\x00\xfc\x00l\x00l\x00e\x00r\x00", "Name\nM\xfcller\n"} {
		got, err := readTable(strings.NewReader(s))
		require.NoError(t, err)
		require.Equal(t, &table{[]string{"Name"}, [][]string{{"Müller"}}}, got, "%q", s)
	}
	short, err := readTable(strings.NewReader("a,b\n1\n"))
	require.NoError(t, err)
	require.Equal(t, [][]string{{"1", ""}}, short.rows)
}

func TestColumnsAreToldByHeaderAndContent(t *testing.T) {
	for _, c := range []struct {
		header string
		cells  string // separated by bars
		want   kind
	}{
		{"first_name", "Anna|Peter|Anna", kindGiven}, {"fname_c1", "ANNA|PETER|ANNA", kindGiven}, {"Vorname", "Anna|Jörg|Anna", kindGiven},
		{"surname", "Weber|Brown|Weber", kindFamily}, {"LastName", "Weber|Brown|Weber", kindFamily}, {"姓名", "王小明|李雷|王小明", kindFull}, {"full_name", "Anna Weber|P Brown|A B", kindFull},
		{"Name", "Anna Weber|Peter Brown|Anna Weber", kindFull}, {"Site name", "Sunny Day Care|Tiny Tots|Tiny Tots", kindText},
		{"dob", "1971-06-24|1971-05-24|x", kindDate}, {"date_of_birth", "19060616|19010119|1", kindDate}, {"出生日期", "1990年1月2日|1991年1月2日|", kindDate},
		{"birth_place", "London|Paris|London", kindText}, {"by", "1971|1980|1971", kindYear}, {"Phone", "555-0100|5550101|5550100", kindPhone},
		{"手机号", "13912340001|13912340002|13912340001", kindPhone}, {"E-Mail", "a@b.c|b@c.d|a@b.c", kindEmail}, {"soc_sec_id", "1234567|7654321|1234568", kindCode},
		{"street_number", "53|37|53", kindCode}, {"address_1", "ashley drive|eyre street|ashley drive", kindText}, {"Zip", "60601|60602|60601", kindCode}, {"age", "39|21|39", kindNumber},
		{"unique_id", "1|2|3", kindIgnore}, {"rec_id", "rec-1-org|rec-1-dup|rec-2-org", kindIgnore}, {"x", "a@b.c|b@c.d|a@b.c", kindEmail},
		{"blocking_number", "1|2|1", kindIgnore}, {"ClusterID", "1|2|1", kindIgnore}, {"entity", "a|b|a", kindIgnore}, {"group", "1|2|1", kindIgnore}, {"customer_no", "1|2|1", kindIgnore},
		{"person", "p1|p2|p1", kindIgnore}, {"person", "Anna Weber|Peter Brown|Anna Weber", kindText}, {"is_duplicate_of", "1|2|1", kindIgnore}, {"分组", "1|2|1", kindIgnore},
		{"created_at", "2020-01-02|2020-01-03|2020-01-03", kindIgnore}, {"source_dataset", "a|b|a", kindIgnore}, {"提交时间", "2020-01-02|2020-01-03|2020-01-03", kindIgnore},
		{"wechat_unionid", "a|b|a", kindCode}, {"empty", "||", kindIgnore}, {"one", "a|a|a", kindIgnore},
		{"x", "13912340001|13912340002|13912340002", kindPhone}, {"x", "2020-01-02|2020-01-03|2020-01-03", kindDate}, {"phone", "yes|no|yes", kindText},
	} {
		require.Equal(t, c.want, kindOf(c.header, strings.Split(c.cells, "|")), "%s %s", c.header, c.cells)
	}
}

func TestDatesAreReadInAnyForm(t *testing.T) {
	for s, want := range map[string]date{
		"1971-06-24": {1971, 6, 24}, "19710624": {1971, 6, 24}, "24.06.1971": {1971, 6, 24}, "24/6/1971": {1971, 6, 24}, "06/24/1971": {1971, 6, 24}, "24061971": {1971, 6, 24},
		"24 jun 1971": {1971, 6, 24}, "june 24, 1971": {1971, 6, 24}, "1971年6月24日": {1971, 6, 24}, "24/6/71": {1971, 6, 24}, "1971-06-24t10:00:00": {1971, 6, 24}, "1971": {1971, 0, 0}, "": {}, "soon": {},
	} {
		got, _ := parseDate(s)
		require.Equal(t, want, got, s)
	}
}

func TestValuesAgreeByLevels(t *testing.T) {
	for _, c := range []struct {
		kind kind
		a, b string
		want level
	}{
		{kindGiven, "Robert", "Robret", close1}, {kindGiven, "Robert", "Bob", alike}, {kindGiven, "Robert", "R", alike}, {kindGiven, "Rob", "Robert", alike}, {kindGiven, "Robert", "Anna", different},
		{kindFull, "Weber, Anna", "Anna Weber", close1}, {kindFull, "Anna Weber", "A. Weber", alike}, {kindFull, "王小明", "王晓明", close1}, {kindFull, "張偉", "张玮", close1},
		{kindFull, "John Smith Jr", "John Smith Sr", close1}, {kindFull, "王小明", "赵丽", different},
		{kindDate, "1971-06-24", "1971-06-25", close1}, {kindDate, "1971-06-04", "04.06.1971", level(0)}, {kindDate, "1971-06-04", "1971-04-06", close1}, {kindDate, "1971-06-24", "1971-01-01", faint},
		{kindDate, "1971-06-24", "1984-02-11", different}, {kindDate, "19607527", "1960-07-27", alike},
		{kindPhone, "+61 7 8121 2208", "07 81212208", close1}, {kindPhone, "13912340001", "+86 139-1234-0001", level(0)}, {kindPhone, "13912340001", "13912340010", close1}, {kindPhone, "13912340001", "15888880000", different},
		{kindEmail, "anna@a.org", "anna@b.org", close1}, {kindEmail, "anna@a.org", "ana@a.org", close1}, {kindEmail, "anna@a.org", "peter@x.com", different},
		{kindCode, "1782872", "1782827", close1}, {kindCode, "53", "35", close1}, {kindCode, "1782872", "5193779", different}, {kindNumber, "39", "40", close1}, {kindNumber, "39", "12", different},
		{kindText, "ashley drive", "drive ashley", close1}, {kindText, "ashley drive", "ashly drive", close1}, {kindText, "ashley drive", "eyre street", different},
	} {
		a, ok := read(c.kind, c.a)
		require.True(t, ok)
		b, ok := read(c.kind, c.b)
		require.True(t, ok)
		if c.want == 0 {
			require.Equal(t, a.text, b.text)
			continue
		}
		require.Equal(t, c.want, compare(c.kind, &a, &b), "%s %s", c.a, c.b)
		require.Equal(t, c.want, compare(c.kind, &b, &a), "%s %s", c.b, c.a)
	}
}

func TestNothingNeverAgreesWithNothing(t *testing.T) {
	for _, v := range []string{"", " ", "NULL", "n/a", "-", "未知", "None"} {
		_, ok := read(kindText, v)
		require.False(t, ok, v)
	}
}

func TestOneLinkBetweenTwoGroupsDoesNotChainThem(t *testing.T) {
	strong := func(a, b int32) edge { return edge{pair{a, b}, 10} }
	edges := []edge{strong(0, 1), strong(0, 2), strong(1, 2), strong(3, 4), strong(3, 5), strong(4, 5), {pair{2, 3}, 2}}
	of := clusters(6, edges, 0, func(_, _ int32) float64 { return -10 })
	require.Equal(t, []int32{0, 0, 0, 3, 3, 3}, of)
}

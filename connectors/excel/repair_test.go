package excel

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/connectors"
)

func TestARunOfDigitsIsRestoredOnlyWhenAllOfItIsThere(t *testing.T) {
	for _, c := range []struct {
		in     string
		number bool
		want   string
		lost   bool
	}{
		{"13800138000", false, "13800138000", false},
		{"13800138000", true, "13800138000", false},
		{"13800138000.0", false, "13800138000", false},
		{"13800138000.00", true, "13800138000", false},
		{"1.3800138E+10", false, "13800138000", false},   // more digits than a spreadsheet shows
		{"1.3812345678E10", false, "13812345678", false}, // as Java writes it
		{"1.38E+10", false, "13800000000", true},
		{"1.38001E+10", false, "13800100000", true},
		{"1.38E10", true, "13800000000", false}, // the file holds the number, not its picture
		{"1.10101199003075E+17", false, "110101199003075000", true},
		{"1.10101199003075E+17", true, "110101199003075000", true},
		{"110101199003075000", true, "110101199003075000", true},
		{"110101199003075123", false, "110101199003075123", false},
		{"123456789012345", true, "123456789012345", false},
		{"1E+5", false, "100000", true},
		{"1.5E+30", false, "1.5E+30", true},
		{"1.2345E+2", false, "1.2345E+2", false}, // a fraction, no run
		{"139-1234-5678", false, "139-1234-5678", false},
		{"林晓", false, "林晓", false},
		{"", false, "", false},
	} {
		got, lost := wholeNumber(c.in, c.number)
		require.Equal(t, c.lost, lost, c.in)
		if !lost {
			require.Equal(t, c.want, got, c.in)
		}
	}
}

func TestWhatCannotBeSeenIsTakenOff(t *testing.T) {
	for in, want := range map[string]string{
		"'13800138000": "13800138000", "’13800138000": "13800138000", "'=1+1": "=1+1", "'tis": "'tis", "O'Neil": "O'Neil", "'": "'",
		"\u00a0139\u00a0": "139", "\u200b\ufeff139\t": "139", "\u3000林晓\u3000": "林晓", `="0138"`: "0138", `="a""b"`: `a"b`, "=\"": "=\"", "\t\n": "", "''5": "'5",
	} {
		require.Equal(t, want, tidy(in), "%q", in)
	}
}

func TestNumbersAreWrittenAsASpreadsheetShowsThem(t *testing.T) {
	for _, c := range [][3]string{
		{"0.30000000000000004", "", "0.3"}, {"50000", "", "50000"}, {"0.35", "0%", "35%"}, {"0.355", "0.0%", "35.5%"}, {"1.5E3", "", "1500"},
		{"1E+25", "", "1E+25"}, {"12.50", "0.00", "12.5"}, {"007", "", "007"}, {"x", "", "x"},
	} {
		require.Equal(t, c[2], shownNumber(c[0], c[1]), c[0])
	}
}

func TestAnIDCardNumberThatWasANumberOnceIsFoundOut(t *testing.T) {
	for id, want := range map[string]bool{
		"110101199003075000": true,  // the check digit does not fit
		"11010119900307100X": false, // ends in no three zeros
		"110101199003072000": true, "110101199003075123": false, "": false, "110101199003075": false,
	} {
		require.Equal(t, want, zeroedIDCard(id), id)
	}
	// Of all numbers that end in three zeros, the one that is truly somebody's passes.
	genuine := 0
	for _, s := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		if !zeroedIDCard("11010119900" + s + "07" + "1" + "000") {
			genuine++
		}
	}
	require.LessOrEqual(t, genuine, 1)
}

func TestADateOfThreeNumbersIsReadInTheOrderOfItsColumn(t *testing.T) {
	for _, c := range []struct {
		text  string
		order orders
		want  string
	}{
		{"3/4/2026", dmy, "2026-04-03"}, {"3/4/2026", mdy, "2026-03-04"}, {"3/4/2026", 0, "3/4/2026"}, {"25.12.2025", dmy, "2025-12-25"},
		{"25/12/2025", mdy, "25/12/2025"}, {"26-1-2", ymd, "2026-01-02"}, {"3/4/26 15:04", dmy, "2026-04-03 15:04"}, {"3/4/2026 下午3:04", mdy, "2026-03-04 下午3:04"},
		{"3/4/2026下午3:04", dmy, "2026-04-03下午3:04"}, {"2026-01-02", dmy, "2026-01-02"}, {"2026年1月2日", mdy, "2026年1月2日"}, {"31/2/2026", dmy, "31/2/2026"},
		{"1/2-2026", dmy, "1/2-2026"}, {"139-12-3456", dmy, "139-12-3456"},
	} {
		require.Equal(t, c.want, orderDate(c.text, c.order), c.text)
	}
}

func TestTheOrderOfDatesIsDecidedPerColumn(t *testing.T) {
	for name, c := range map[string]struct {
		values  []string
		header  string
		setting orders
		want    orders
		told    bool
	}{
		"a day after the twelfth":     {[]string{"3/4/2026", "25/3/2026"}, "日期", 0, dmy, true},
		"a month never beyond twelve": {[]string{"3/4/2026", "3/25/2026"}, "日期", 0, mdy, true},
		"nobody can tell":             {[]string{"3/4/2026", "5/6/2026"}, "日期", 0, 0, false},
		"the setting tells":           {[]string{"3/4/2026", "5/6/2026"}, "日期", mdy, mdy, true},
		"the header tells":            {[]string{"3/4/2026"}, "日期(日/月/年)", mdy, dmy, true},
		"the header tells in English": {[]string{"3/4/2026"}, "Date (MM/DD/YYYY)", 0, mdy, true},
		"both in one column":          {[]string{"25/3/2026", "3/25/2026"}, "日期", dmy, 0, false},
		"a year of two digits":        {[]string{"26/1/2", "26/1/15", "25/12/31"}, "日期", 0, ymd, true},
		"years first":                 {[]string{"2026-01-02", "2026/3/4"}, "日期", 0, 0, true},
		"no dates":                    {[]string{"明天", "13912345678"}, "日期", 0, 0, true},
	} {
		var e dateEvidence
		for _, v := range c.values {
			e.text(v)
		}
		got, told := e.decide(c.header, c.setting)
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.told, told, name)
	}
}

func TestDatesThatAnotherProgramExchangedAreTold(t *testing.T) {
	var e dateEvidence
	e.text("25/3/2026")
	e.cell(time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC))
	var codes []string
	c := connectors.Column{Header: "日期"}
	orderColumn(&c, &e, 0, func(code string, text connectors.Text) { codes = append(codes, code) })
	require.Equal(t, []string{"dates_maybe_exchanged"}, codes)
	require.Equal(t, "dmy", c.Format)
	e.cell(time.Date(2026, 4, 23, 0, 0, 0, 0, time.UTC))
	require.False(t, e.exchanged())
}

func TestAnyDateWrittenInAnOrderComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(946684800, 4102444799).Draw(t, "at"), 0).UTC()
		order := rapid.SampledFrom([]orders{dmy, mdy}).Draw(t, "order")
		layout := map[orders]string{dmy: "2/1/2006", mdy: "1/2/2006"}[order]
		require.Equal(t, at.Format(time.DateOnly), orderDate(at.Format(layout), order))
		possible, ok := possibleOrders(at.Format(layout))
		require.True(t, ok)
		require.NotZero(t, possible&order)
	})
}

func TestASerialNumberIsADateOfThisCentury(t *testing.T) {
	for in, want := range map[string]string{
		"45292": "2024-01-01", "45292.5": "2024-01-01 12:00:00", "45292.627777777779": "2024-01-01 15:04:00", "36526": "2000-01-01", "73050": "2099-12-31",
		"36525": "", "73051": "", "139123": "", "1": "", "20260102": "", "45292x": "",
	} {
		got, ok := serialDate(in)
		require.Equal(t, want, got, in)
		require.Equal(t, want != "", ok, in)
	}
}

func TestADateAndATimeOfTwoColumnsAreOneTime(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   string
	}{
		{nil, ""}, {[]string{"2026-01-02"}, "2026-01-02"}, {[]string{"2026-01-02", "下午3:04"}, "2026-01-02 下午3:04"},
		{[]string{"15:04:05", "2026-01-02"}, "2026-01-02 15:04:05"}, {[]string{"下午3:04"}, ""},
		{[]string{"2026-01-02 10:00:00", "15:04"}, "2026-01-02 10:00:00"}, {[]string{"2026年1月2日", "3:04 PM"}, "2026年1月2日 3:04 PM"},
	} {
		require.Equal(t, c.want, joinTimes(c.values))
	}
}

func TestColumnsAreLetteredAsExcelDoes(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		require.Equal(t, want, letters(i))
	}
}

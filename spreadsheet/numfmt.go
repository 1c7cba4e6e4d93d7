package spreadsheet

import (
	"math"
	"strings"
	"time"
)

// builtinFormats are the number formats that a file names without spelling them out (ECMA-376 part 1, 18.8.30). Those from
// 27 to 58 depend on the language of the program; they are dates in Chinese, Japanese and Korean, and are given here as for
// zh-CN.
var builtinFormats = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
	27: `yyyy"年"m"月"`, 28: `m"月"d"日"`, 29: `m"月"d"日"`, 30: "m-d-yy", 31: `yyyy"年"m"月"d"日"`, 32: `h"时"mm"分"`, 33: `h"时"mm"分"ss"秒"`,
	34: `上午/下午h"时"mm"分"`, 35: `上午/下午h"时"mm"分"ss"秒"`, 36: `yyyy"年"m"月"`,
	37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
	50: `yyyy"年"m"月"`, 51: `m"月"d"日"`, 52: `yyyy"年"m"月"`, 53: `m"月"d"日"`, 54: `m"月"d"日"`, 55: `上午/下午h"时"mm"分"`,
	56: `上午/下午h"时"mm"分"ss"秒"`, 57: `yyyy"年"m"月"`, 58: `m"月"d"日"`,
}

// isDateFormat tells whether a number format code shows a date, a time of day or a duration: whether, outside of literals,
// it has a letter that stands for a part of one. Colours, conditions and languages stand in brackets, durations too:
// [h]:mm.
func isDateFormat(code string) bool {
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return false
			}
			i += end + 1
		case code[i] == '\\', code[i] == '_', code[i] == '*': // the next character is a literal, a width or a filler
			i++
		case code[i] == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return false
			}
			if isElapsed(code[i+1 : i+end]) {
				return true
			}
			i += end
		case c == 'g' && hasFold(code[i:], "General"):
			i += len("General") - 1
		case c == 'g' && hasFold(code[i:], "G/通用格式"):
			i += len("G/通用格式") - 1
		case c == 'e' && i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-'): // 0.00E+00
			i++
		case c == 'y', c == 'm', c == 'd', c == 'h', c == 's', c == 'e', c == 'g', c == 'b', hasFold(code[i:], "aaa"),
			hasFold(code[i:], "AM/PM"), hasFold(code[i:], "上午/下午"):
			return true
		}
	}
	return false
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// isElapsed tells [h], [mm], [ss] from colours and conditions.
func isElapsed(inside string) bool {
	lower := strings.ToLower(inside)
	return lower != "" && (strings.Trim(lower, "h") == "" || strings.Trim(lower, "m") == "" || strings.Trim(lower, "s") == "")
}

// lastSerial is the day after 9999-12-31, where Excel's dates end.
const lastSerial = 2958466

// serialTime returns the date and time of a day number, to the millisecond. In the 1900 system day 60 is 29 February 1900,
// which never was: it becomes 28 February, and days before it count from 31 December 1899. ok is false for numbers that
// Excel shows as ####.
func serialTime(serial float64, date1904 bool) (time.Time, bool) {
	if !(serial >= 0 && serial < lastSerial) {
		return time.Time{}, false
	}
	zero := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case date1904:
		zero = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case serial < 60:
		zero = zero.AddDate(0, 0, 1)
	}
	day := math.Floor(serial)
	ms := math.Round((serial - day) * 86_400_000)
	return zero.AddDate(0, 0, int(day)).Add(time.Duration(ms) * time.Millisecond), true
}

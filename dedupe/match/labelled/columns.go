package labelled

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// kind says how the cells of a column are read, compared and blocked.
type kind string

const (
	kindGiven  kind = "given name"
	kindFamily kind = "family name"
	kindFull   kind = "full name"
	kindDate   kind = "date"
	kindPhone  kind = "phone"
	kindEmail  kind = "email"
	kindCode   kind = "code"     // house numbers, postcodes, national ids: one wrong sign matters little
	kindNumber kind = "number"   // an age, a count: near is alike
	kindText   kind = "text"     // places, streets, companies, anything in words
	kindChoice kind = "category" // few different values: sex, state, kind of thing
	kindDay    kind = "day of a date"
	kindMonth  kind = "month of a date"
	kindYear   kind = "year of a date"
	kindIgnore kind = ""
)

// headerRules map the words of a header to a kind; the first that fits counts. The header is lower case, its words are
// separated by one space, and Chinese ones stand as they are.
var headerRules = []struct {
	re   *regexp.Regexp
	kind kind
}{
	{regexp.MustCompile(`\b(ssn|soc sec|social security|national (id|insurance)|passport|tax (id|number|no)|union ?id|open ?id|buyer id|external user ?id|wechat|weixin|nhs|medicare|licen[cs]e (no|number)|credit card)\b|身份证|护照|社会信用代码`), kindCode},
	{regexp.MustCompile(`\be ?mail|邮箱|电子邮件`), kindEmail},
	{regexp.MustCompile(`\b(tele?phone|phone|tel|mobile|cell|fax|telefon|telefono|handy)|手机|电话|电話|联系方式|传真`), kindPhone},
	{regexp.MustCompile(`birth (place|city|town|country|name)|place of birth|geburtsort|出生地|籍贯`), kindText},
	{regexp.MustCompile(`^by( c?\d)?$|birth year|year of birth|\byob\b|geburtsjahr|出生年$|出生年份`), kindYear},
	{regexp.MustCompile(`^bm( c?\d)?$|birth month|month of birth|geburtsmonat|出生月`), kindMonth},
	{regexp.MustCompile(`^bd( c?\d)?$|birth day|day of birth|geburtstag|出生日$`), kindDay},
	{regexp.MustCompile(`\b(dob|birth|born|birthdate|birthday|geburtsdatum|naissance|nacimiento|date)\b|出生|生日`), kindDate},
	{regexp.MustCompile(`^(age|alter|edad)\b|^年龄`), kindNumber},
	{regexp.MustCompile(`\b(street|house|building|unit|flat|apartment|apt) (no|nr|num|number|num?mer)\b|hausn(umme)?r|门牌`), kindCode},
	{regexp.MustCompile(`\b(zip|post ?code|postal|plz|postleitzahl|code postal)|邮编|邮政编码`), kindCode},
	{regexp.MustCompile(`\b(gender|sex|geschlecht)\b|^性别`), kindChoice},
	{regexp.MustCompile(`^(full|person|customer|contact|client|patient|display|lead|complete)? ?name( full)?$|^fullname$|first and (surname|last)|first last|^姓名|^名字|^称呼|^联系人|客户姓名|^nom complet`), kindFull},
	{regexp.MustCompile(`\b(given|first|fore|christian|vor) ?name\b|\b(firstname|forename|vorname|prenom|prénom|nombre|given)\b|^fname|^first$|^名$`), kindGiven},
	{regexp.MustCompile(`\b(sur|family|last|nach) ?name\b|\b(surname|lastname|nachname|familienname|nom|apellidos?)\b|^lname|^last$|^姓氏?$`), kindFamily},
	{regexp.MustCompile(`\bmiddle ?name\b`), kindGiven},
}

var idHeader = regexp.MustCompile(`\b(id|ids|uid|uuid|guid|key|index|row|rownum|no|nr|number|rec|record|编号|序号)$|^(id|index|row|#|no)?$`)

// Columns that number rows, people, groups or blocks of rows: in a labelled set they are another truth, or half of it. A
// column that is called person may hold names, too; then its cells have no digits.
var (
	groupHeader = regexp.MustCompile(`\b(id|ids|uid|uuid|guid|pk)( \d)?$|\b(cluster|entity|blocking|dedup\w*|duplicates?|dupe?s?|truth|gold|golden)\b|` +
		`^(match|group|label|master|original|orig)( (nr|no|num|number|key|index|code|label))?( \d)?$|` +
		`^(person|patient|customer|client|member|household|record|rec|row|block) (nr|no|num|number|key|index|code|label|#)$|分组|聚类|编号|序号`)
	whoHeader = regexp.MustCompile(`^(person|people|patient|customer|client|member|household|who|same as|客户|人员)$`)
)

// recordHeader finds columns that tell when and where a row was written: of the same person they differ.
var recordHeader = regexp.MustCompile(`^(created|updated|modified|inserted|imported|submitted|received|registered|registration|sign ?up|last seen|first seen|event|load|entry|timestamp|create|update|submit)( (at|on|date|time|ts|timestamp|datetime))?$|` +
	`^date (created|updated|added|modified)$|^(source|data ?source|data ?set|source (dataset|system|file|name)|src|file ?name|channel|system)$|^(提交|创建|更新|录入|导入|登记|注册|留资)(时间|日期)$|^(来源|渠道|数据来源|来源渠道)$`)

// hidden reports whether a column is an id of rows or of groups.
func hidden(words string, s shape) bool {
	return groupHeader.MatchString(words) || whoHeader.MatchString(words) && s.numbered*2 >= s.filled
}

var (
	wordEdge = regexp.MustCompile(`([a-z])([A-Z])`)
	notWord  = regexp.MustCompile(`[^\p{L}\p{N}#]+`)
)

func headerWords(h string) string {
	h = wordEdge.ReplaceAllString(h, "$1 $2")
	return strings.TrimSpace(notWord.ReplaceAllString(strings.ToLower(h), " "))
}

// shape counts what the cells of a column look like.
type shape struct {
	filled, distinct                                int
	email, digits, date, spaced, letters, shortDate int
	numbered                                        int // hold a digit
	length                                          int // runes
}

var (
	emailLike = regexp.MustCompile(`^\S+@\S+$`)
	dateLike  = regexp.MustCompile(`^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?([ T].*)?$`)
	compact   = regexp.MustCompile(`^(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])$`)
)

func shapeOf(cells []string) shape {
	var s shape
	seen := map[string]bool{}
	for _, v := range cells {
		if nothing(v) {
			continue
		}
		s.filled++
		if !seen[v] {
			seen[v] = true
			s.distinct++
		}
		s.length += len([]rune(v))
		switch {
		case emailLike.MatchString(v):
			s.email++
		case dateLike.MatchString(v):
			s.date++
		case compact.MatchString(v):
			s.shortDate++
		}
		if digitShare(v) > 0.6 {
			s.digits++
		}
		if strings.ContainsFunc(v, unicode.IsDigit) {
			s.numbered++
		}
		if strings.ContainsRune(v, ' ') {
			s.spaced++
		}
		if strings.ContainsFunc(v, unicode.IsLetter) {
			s.letters++
		}
	}
	return s
}

func digitShare(v string) float64 {
	n, all := 0, 0
	for _, r := range v {
		if unicode.IsSpace(r) || r == '-' || r == '(' || r == ')' || r == '+' {
			continue
		}
		all++
		if unicode.IsDigit(r) {
			n++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(n) / float64(all)
}

// kindOf types one column by its header, and where that says nothing by its content. Row ids are ignored: they tell
// nothing of a person, and in labelled sets they often hold the answer.
func kindOf(header string, cells []string) kind {
	words, s := headerWords(header), shapeOf(cells)
	if s.filled == 0 || s.distinct == 1 || recordHeader.MatchString(words) {
		return kindIgnore
	}
	k, named := kindIgnore, false
	for _, rule := range headerRules {
		if rule.re.MatchString(words) {
			k, named = rule.kind, true
			break
		}
	}
	if named && fitting(k, s) {
		return k
	}
	share := func(n int) bool { return n*10 >= s.filled*7 }
	if !named && hidden(words, s) {
		return kindIgnore
	}
	unique := s.distinct == s.filled && s.filled > 1
	switch {
	case share(s.email):
		return kindEmail
	case unique && (idHeader.MatchString(words) || !share(s.spaced) && s.filled == len(cells) && !named):
		return kindIgnore
	case share(s.date + s.shortDate):
		return kindDate
	case s.distinct <= 40 && s.distinct*20 <= s.filled && s.length < 24*s.filled:
		return kindChoice
	case share(s.digits) && s.length >= 9*s.filled && s.length <= 18*s.filled && s.letters*10 < s.filled && s.distinct*4 > s.filled:
		return kindPhone
	case share(s.digits):
		return kindCode
	}
	return kindText
}

// fitting refuses a kind that the header suggests and the content denies.
func fitting(k kind, s shape) bool {
	switch k {
	case kindEmail:
		return s.email*4 >= s.filled
	case kindPhone, kindNumber:
		return s.digits*2 >= s.filled
	case kindDate:
		return s.digits*2 >= s.filled && s.length >= 5*s.filled
	case kindYear, kindMonth, kindDay:
		return s.digits*2 >= s.filled && s.length <= 5*s.filled
	case kindGiven, kindFamily, kindFull:
		return s.letters*2 >= s.filled
	case kindChoice:
		return s.distinct <= 40
	}
	return true
}

// nothing reports a cell that says nothing; two of them never agree.
func nothing(v string) bool {
	if len(v) > 12 {
		return false
	}
	v = strings.ToLower(strings.TrimSpace(v))
	return v == "" || slices.Contains(nothings, v)
}

var nothings = []string{"null", "nil", "none", "na", "n/a", "#n/a", "nan", "-", "--", "---", ".", "?", "unknown", "unbekannt", "missing", "not available", "无", "未知", "不详", "暂无", "没有"}

package excel

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// look is what a value looks like, whatever its column is called.
type look int

const (
	looksText look = iota
	looksPhone
	looksBoth // a name and a phone
	looksEmail
	looksName
	looksCompany
	looksRegion
	looksDate
	looksURL
	looksIDCard
	looksNumber
	looks // how many there are
)

// reaches holds for what a person can be reached by.
func (l look) reaches() bool { return l == looksPhone || l == looksBoth || l == looksEmail }

var (
	emailLook   = regexp.MustCompile(`^[^\s@，,;；]+@[^\s@，,;；]+\.[A-Za-z]{2,}$`)
	urlLook     = regexp.MustCompile(`^(?i:https?://|www\.)\S+$`)
	idCardLook  = regexp.MustCompile(`^\d{6}(?:18|19|20)\d{2}[01]\d[0-3]\d{4}[\dXx]$`)
	mobileLook  = regexp.MustCompile(`^(?:\+?86|0086)?1[3-9]\d{9}$`)
	otherPhone  = regexp.MustCompile(`^(?:\+\d{8,15}|0\d{9,11}|[48]00\d{7}|\(0\d{2,3}\)\d{7,8})$`)
	shownPhone  = regexp.MustCompile(`^(?:86)?1[3-9]\d{9}\.0+$|^1\.[3-9]\d*[eE]\+?10$`)
	dateLook    = regexp.MustCompile(`^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T].*|[上下]午.*)?$|^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:[ T].*|[上下]午.*)?$`)
	numberLook  = regexp.MustCompile(`^[-+]?[\d,]*\.?\d+%?$`)
	companyLook = regexp.MustCompile(`公司|集团|有限|厂$|店$|中心$|医院|学校|大学|学院|研究[院所]|设计院|事务所|工作室|合作社|银行|商行|经营部|门诊部?$|协会$|局$` +
		`|(?i:\b(?:co|ltd|inc|llc|gmbh|corp|company|group|limited|plc|pte|bhd|s\.?a|trading|industries|technolog(?:y|ies))\b)`)
	regionLook = regexp.MustCompile(`^(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古?|广西|西藏|宁夏|新疆|香港|澳门|广州|深圳|杭州|南京|苏州|成都|武汉|西安|长沙|郑州|青岛|宁波|佛山|东莞)\p{Han}{0,12}$` +
		`|^\p{Han}{2,8}(?:省|市|区|县|自治[区州县])$`)
	latinName = regexp.MustCompile(`^[A-Z][a-z'’-]+(?: [A-Z][a-z'’.-]*){1,3}$`)
)

// lookAt says what a value looks like. date tells that the file holds a date there.
func lookAt(value string, date bool) look {
	if date {
		return looksDate
	}
	value = strings.TrimSpace(width.Fold.String(value))
	if value == "" || len(value) > 200 {
		return looksText
	}
	if value[0] < utf8.RuneSelf || strings.ContainsAny(value, "0123456789@") {
		switch {
		case emailLook.MatchString(value):
			return looksEmail
		case idCardLook.MatchString(value):
			return looksIDCard
		case dateLook.MatchString(value):
			return looksDate
		case isPhone(value):
			return looksPhone
		case isBoth(value):
			return looksBoth
		case urlLook.MatchString(value):
			return looksURL
		case numberLook.MatchString(value):
			return looksNumber
		}
	}
	switch {
	case regionLook.MatchString(value) && !companyLook.MatchString(value):
		return looksRegion
	case companyLook.MatchString(value):
		return looksCompany
	case isPersonName(value):
		return looksName
	}
	return looksText
}

// isPhone holds for what is surely a phone number, and for a cell of several. A long number that could be anything is
// none.
func isPhone(value string) bool {
	first := value
	if i := strings.IndexAny(value, "/,;、\n"); i > 0 {
		first = value[:i]
	}
	plain := strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r == '\'' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, first)
	return mobileLook.MatchString(plain) || otherPhone.MatchString(plain) || shownPhone.MatchString(strings.TrimSpace(first))
}

func isBoth(value string) bool {
	_, _, ok := parted(value)
	return ok
}

// families are the family names of nine people in ten, and those of two characters.
const families = `王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷` +
	`龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖庞樊殷施洪翟安颜倪牛温俞章鲁葛伍申尤毕聂柴焦欧梅齐左柳涂辛甘祁包岳路柯管关祝翁卓宁娄华童尚纪游翁苗` +
	`張劉陳楊黃趙吳孫馬羅鄭謝許韓鄧馮蕭葉蘇呂盧譚鄒陸龍嚴賴萬錢湯閻顧龔衛蔣齊範畢賀駱關簡莊歐遊連`

var (
	compoundFamily = regexp.MustCompile(`^(?:欧阳|歐陽|司马|司徒|上官|诸葛|皇甫|慕容|令狐|东方|夏侯|尉迟|公孙|端木|百里|长孙|宇文|轩辕|南宫)\p{Han}{1,2}$`)
	calledName     = regexp.MustCompile(`^(\p{Han})(?:先生|女士|小姐|总|老师|经理|主任|工|姐|哥)$`)
	minorityName   = regexp.MustCompile(`^\p{Han}{2,6}[·・•]\p{Han}{2,8}$`)
)

func isPersonName(value string) bool {
	first, size := utf8.DecodeRuneInString(value)
	if !unicode.Is(unicode.Han, first) {
		return latinName.MatchString(value)
	}
	bare := strings.ReplaceAll(value, " ", "")
	n := utf8.RuneCountInString(bare)
	if strings.ContainsFunc(bare, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
		return minorityName.MatchString(bare)
	}
	switch {
	case compoundFamily.MatchString(bare) || calledName.MatchString(bare):
		return true
	}
	return n >= 2 && n <= 3 && strings.Contains(families, value[:size])
}

package match

// Words says what a part means, for people: lang "zh" or, for anything else, English. It holds no values.
func (p Part) Words(lang string) string {
	w, ok := words[p.Level]
	switch {
	case !ok:
		return p.Level
	case lang == "zh":
		return w[0]
	}
	return w[1]
}

var words = map[string][2]string{
	Prior: {"两条线索恰为同一人本属罕见", "two leads are rarely one person to begin with"},

	NameSame:    {"姓名相同", "same name"},
	NameSwapped: {"姓名相同，先后颠倒", "same name, its parts in another order"},
	NameSound:   {"姓名同音不同字", "names sound the same, written with other characters"},
	NameNear:    {"姓名读音相近", "names sound nearly the same"},
	NameScript:  {"一处写汉字，一处写拼音", "one name in Chinese, the other in pinyin"},
	NameClose:   {"姓名拼写相近", "names are spelt nearly the same"},
	NameGiven:   {"一处只有名字，与另一处一致", "one is the given name of the other"},
	NamePart:    {"一处只有姓氏，与另一处一致", "one says only a part of the name, and it agrees"},
	NameAlike:   {"姓名差一个字", "names differ in one character"},
	NameFamily:  {"只有姓氏相同", "only the family name agrees"},
	NameDiffers: {"姓名不同", "different names"},

	PhoneSame:     {"手机号相同", "same phone number"},
	PhoneDigit:    {"手机号只差一位", "phone numbers differ in one digit"},
	PhoneCrossed:  {"手机号相邻两位颠倒", "two neighbouring digits of the phone number are swapped"},
	LandlineSame:  {"座机相同", "same landline"},
	LandlineOther: {"座机相同，分机不同", "same landline, different extension"},
	ServiceSame:   {"400 等服务号相同", "same service number"},
	PhoneDiffers:  {"电话不同", "different phone numbers"},

	EmailSame:    {"邮箱相同", "same email"},
	EmailLocal:   {"邮箱名相同，域名不同", "same email name at another domain"},
	EmailClose:   {"邮箱拼写相近", "emails are spelt nearly the same"},
	MailboxSame:  {"公共邮箱相同", "same shared mailbox"},
	EmailDiffers: {"邮箱不同", "different emails"},

	CompanySame:       {"公司相同", "same company"},
	CompanyCore:       {"公司相同，一处未写地名", "same company, one leaves out the place"},
	CompanyClose:      {"公司名称相近", "company names are nearly the same"},
	CompanyOtherPlace: {"公司同名，地区不同", "companies of one name in different places"},
	CompanyDiffers:    {"公司不同", "different companies"},

	RegionCity:    {"所在城市相同", "same city"},
	RegionPart:    {"所在省份相同", "same province"},
	RegionOther:   {"同省不同城市", "same province, different cities"},
	RegionDiffers: {"地区不同", "different regions"},

	IDSame:     {"平台身份相同", "same platform id"},
	IDFamily:   {"平台身份的值相同，范围不同", "same platform id value in another scope"},
	IDConflict: {"同一平台内身份不同", "two different ids on one platform"},
}

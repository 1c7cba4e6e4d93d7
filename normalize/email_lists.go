package normalize

import "strings"

// domainAliases are other names of the same mailboxes, as the providers document them.
var domainAliases = map[string]string{
	"googlemail.com": "gmail.com",
	"protonmail.com": "proton.me", "protonmail.ch": "proton.me", "pm.me": "proton.me",
	"me.com": "icloud.com", "mac.com": "icloud.com",
	"ya.ru": "yandex.ru", "yandex.com": "yandex.ru", "yandex.by": "yandex.ru", "yandex.kz": "yandex.ru",
}

// plusDomains are providers that deliver name+tag to name.
var plusDomains = set(`gmail.com outlook.com hotmail.com live.com msn.com outlook.cn hotmail.co.uk hotmail.fr live.cn
	icloud.com proton.me fastmail.com yandex.ru zoho.com`)

// roleLocals are mailboxes of a company, not of a person.
var roleLocals = set(`info information sales sale admin administrator noreply no-reply no_reply donotreply do-not-reply
	support service services contact contactus contact-us hello hr job jobs career careers recruit recruitment
	marketing market office webmaster postmaster hostmaster mailer-daemon root abuse security help helpdesk team mail
	email enquiry enquiries inquiry inquiries account accounts accounting billing finance invoice legal media press pr
	news newsletter order orders purchase purchasing procurement export import trade business bd cs customer
	customerservice customer-service customercare feedback reception general company public it itsupport privacy
	kefu caigou xiaoshou zhaopin shichang renshi caiwu shangwu hezuo yewu bangongshi`)

// disposableDomains are well-known providers of addresses that live for minutes. The list is short and ours; it marks an
// address, it does not refuse it.
var disposableDomains = set(`mailinator.com guerrillamail.com guerrillamail.net guerrillamail.org guerrillamail.biz
	guerrillamailblock.com sharklasers.com grr.la 10minutemail.com 10minutemail.net 20minutemail.com yopmail.com yopmail.fr
	yopmail.net temp-mail.org temp-mail.io tempmail.com tempmail.net tempmailo.com tempail.com tempr.email throwawaymail.com
	trashmail.com trashmail.net trashmail.de trash-mail.com getnada.com nada.email maildrop.cc mailnesia.com mailcatch.com
	mailnull.com mintemail.com mytemp.email mohmal.com moakt.com emailondeck.com fakeinbox.com fakemail.net dispostable.com
	discard.email discardmail.com spamgourmet.com spam4.me spambox.us mailexpire.com jetable.org incognitomail.org
	burnermail.io inboxkitten.com tempinbox.com getairmail.com mailsac.com harakirimail.com anonbox.net wegwerfmail.de
	einrot.com cuvox.de armyspy.com dayrep.com fleckens.hu gustr.com jourrapide.com rhyta.com superrito.com teleworm.us
	linshiyouxiang.net bccto.me chacuo.net 027168.com`)

// typoDomains are slips of well-known domains. Nobody can know that gmial.com is not meant, so it is only suggested.
var typoDomains = func() map[string]string {
	m := map[string]string{}
	for right, wrong := range map[string]string{
		"gmail.com":   "gmial.com gmai.com gmal.com gmil.com gnail.com gamil.com gmaill.com gmail.con gmail.cn gmail.co gmail.cm gmail.om gmail.comm gmali.com ggmail.com gmail.net",
		"qq.com":      "qq.con qq.cm qq.co qq.om qq.cn qq.comm qqq.com qq.ocm qq.vom",
		"163.com":     "163.con 163.cm 163.co 163.cn 163.om 136.com 163.comm 1633.com 163.ocm",
		"126.com":     "126.con 126.cm 126.co 126.cn 126.om 126.comm",
		"139.com":     "139.con 139.cn 139.cm",
		"foxmail.com": "foxmail.con foxmial.com foxmali.com foxmail.cn foxmai.com",
		"sina.com":    "sina.con sian.com sina.cm",
		"outlook.com": "outlook.con outlok.com outloo.com outlook.co outlook.cm oulook.com outllok.com",
		"hotmail.com": "hotmail.con hotmial.com hotmai.com hotmal.com hotmil.com hotmail.co hotmail.cm hotamil.com hotmali.com",
		"yahoo.com":   "yahoo.con yaho.com yahooo.com yahoo.co yahoo.cm yhaoo.com yahho.com",
		"icloud.com":  "icloud.con iclod.com icloud.co icoud.com iclould.com",
	} {
		for w := range strings.FieldsSeq(wrong) {
			m[w] = right
		}
	}
	return m
}()

// Addresses that stand in samples, or that people type to be left alone. The domains are those that RFC 2606 and RFC 6761
// set aside, and a few that everybody makes up.
var (
	placeholderDomains = set(`example.com example.org example.net example.edu example.cn test.com test.cn domain.com yourdomain.com
		yourcompany.com mydomain.com a.com a.cn b.com xx.com xxx.com xxxx.com asdf.com noemail.com nomail.com none.com fake.com`)
	placeholderTLDs   = set("example test invalid localhost local")
	placeholderLocals = set(`test testing tester test1 test2 test01 test123 testtest asdf asdfasdf asdfgh qwerty qwer noemail nomail no-email
		none null fake fakeemail nobody youremail your.email yourname your-email`)
	placeholderAddresses = set(`123@qq.com 1234@qq.com 12345@qq.com 123456@qq.com 1234567@qq.com 12345678@qq.com 123456789@qq.com
		1234567890@qq.com 10000@qq.com 123@163.com 1234@163.com 12345@163.com 123456@163.com 123456789@163.com 123@126.com
		123456@126.com 123@123.com 1@1.com abc@abc.com abc@qq.com abc@163.com abc@gmail.com aaa@aaa.com aa@aa.com aaa@qq.com
		aaa@163.com xxx@qq.com xxx@163.com xxx@gmail.com 123@gmail.com 123456@gmail.com a@b.co a@b.cn`)
)

func placeholderEmail(local, domain string) bool {
	tld := domain[strings.LastIndexByte(domain, '.')+1:]
	if placeholderTLDs[tld] || placeholderLocals[local] || placeholderDomains[domain] || placeholderAddresses[local+"@"+domain] {
		return true
	}
	for parent := parentDomain(domain); strings.Contains(parent, "."); parent = parentDomain(parent) {
		if strings.HasPrefix(parent, "example.") && placeholderDomains[parent] { // mail.example.com
			return true
		}
	}
	return domain == "qq.com" && len(local) > 4 && isDigits(local) && allSame(local)
}

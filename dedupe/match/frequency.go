package match

import (
	"strconv"
	"strings"
)

// Frequencies tells how common a value is: the share of leads, 0 to 1, that hold it. field is FieldName with a NameKey or
// FieldCompany with a CompanyKey; 0 means not known, and the shipped tables answer. Agreement on a common value says less.
type Frequencies interface {
	Share(field, key string) float64
}

// Shares that are taken for names and companies nobody counted, from general knowledge of China's census.
const (
	otherFamily   = 0.0008 // a family name beyond the table
	otherGiven    = 3e-4   // a given name of two characters
	otherGivenOne = 2e-3   // of one character
	otherLatin    = 3e-5   // a whole name in Latin letters
	otherCompany  = 2e-5
)

// nameShare is how common a name is; of a bare family name how common that is.
func nameShare(n *personName, freq Frequencies) float64 {
	if freq != nil && n.whole() {
		if s := freq.Share(FieldName, n.text); s > 0 {
			return s
		}
	}
	if !n.han {
		return latinShare(n)
	}
	if len(n.runes) == n.family {
		return familyShare(n)
	}
	return familyShare(n) * givenShare(n)
}

func familyShare(n *personName) float64 {
	if s, ok := familyShares[string(n.runes[:n.family])]; ok {
		return s
	}
	return otherFamily
}

func givenShare(n *personName) float64 {
	given := n.runes[n.family:]
	if s, ok := givenShares[string(given)]; ok {
		return s
	}
	if len(given) == 1 {
		return otherGivenOne
	}
	return otherGiven
}

func latinShare(n *personName) float64 {
	share := otherLatin
	for _, w := range n.words {
		if commonLatin[w] {
			share *= 4
		}
		if len(n.words) == 1 {
			share = max(share, 1e-3)
		}
	}
	return share
}

func companyShare(c *company, freq Frequencies) float64 {
	if freq != nil {
		if s := freq.Share(FieldCompany, c.key); s > 0 {
			return s
		}
	}
	if n := len([]rune(c.core)); n <= 2 {
		return otherCompany * 25 // two characters, 腾飞: many firms bear them
	} else if n == 3 {
		return otherCompany * 5
	}
	return otherCompany
}

// familyShares are the frequent family names and their shares of the population in percent.
var familyShares = percent(`王 7.2 李 7.0 张 6.7 刘 5.1 陈 4.6 杨 3.1 黄 2.2 赵 2.2 吴 2.0 周 1.9 徐 1.4 孙 1.4 马 1.3 朱 1.2 胡 1.2 郭 1.1 何 1.1 林 1.1 高 1.0
	罗 1.0 郑 0.9 梁 0.9 谢 0.7 宋 0.7 唐 0.7 许 0.6 邓 0.6 冯 0.6 韩 0.6 曹 0.6 曾 0.5 彭 0.5 萧 0.3 肖 0.5 蔡 0.5 潘 0.5 田 0.5 董 0.5 袁 0.5 于 0.5 余 0.4 叶 0.4 蒋 0.4
	杜 0.4 苏 0.4 魏 0.4 程 0.4 吕 0.4 丁 0.4 沈 0.4 任 0.4 姚 0.4 卢 0.4 傅 0.3 钟 0.4 姜 0.4 崔 0.4 谭 0.3 廖 0.3 范 0.3 汪 0.3 陆 0.3 金 0.3 石 0.3 戴 0.3 贾 0.3 韦 0.3
	夏 0.3 邱 0.3 方 0.3 侯 0.3 邹 0.3 熊 0.3 孟 0.3 秦 0.3 白 0.3 江 0.3 阎 0.2 薛 0.3 尹 0.2 段 0.2 雷 0.2 黎 0.2 史 0.2 龙 0.2 陶 0.2 贺 0.2 顾 0.2 毛 0.2 郝 0.2 龚 0.2
	邵 0.2 万 0.2 钱 0.2 严 0.2 覃 0.2 武 0.2 莫 0.2 孔 0.2 欧阳 0.07 司马 0.002 上官 0.007 诸葛 0.005`)

// givenShares are frequent given names and their shares among all, in percent.
var givenShares = percent(`伟 0.30 芳 0.27 娜 0.24 敏 0.25 静 0.25 丽 0.25 强 0.22 磊 0.21 洋 0.16 勇 0.18 军 0.20 杰 0.20 娟 0.20 艳 0.19 涛 0.18 明 0.16 超 0.18 霞 0.17 平 0.15 刚 0.14
	英 0.12 辉 0.14 鹏 0.14 华 0.14 飞 0.12 斌 0.13 波 0.13 鑫 0.12 玲 0.13 婷 0.16 燕 0.14 红 0.14 梅 0.11 宇 0.10 浩 0.11 帅 0.11 俊 0.10 琴 0.10 雪 0.09 丹 0.11 慧 0.10 莉 0.10 萍 0.11 健 0.09 凯 0.09
	秀英 0.27 桂英 0.24 秀兰 0.22 玉兰 0.15 桂兰 0.14 秀珍 0.13 建国 0.14 建华 0.14 志强 0.12 国强 0.08 建军 0.12 海燕 0.09 小红 0.06 小明 0.03 晓东 0.05 文军 0.04 志明 0.06 建平 0.08 丽华 0.06
	子涵 0.10 子轩 0.10 梓涵 0.09 浩然 0.08 欣怡 0.09 雨桐 0.05 宇轩 0.08 诗涵 0.06 佳怡 0.06 俊杰 0.10 婷婷 0.10 丹丹 0.07 文杰 0.06 海涛 0.06 志伟 0.08 春梅 0.07 雪梅 0.07 晓燕 0.06 建伟 0.06`)

func percent(table string) map[string]float64 {
	m := map[string]float64{}
	words := strings.Fields(table)
	for i := 0; i+1 < len(words); i += 2 {
		share, err := strconv.ParseFloat(words[i+1], 64)
		if err != nil {
			panic("match: " + words[i] + " has no share")
		}
		m[words[i]] = share / 100
	}
	return m
}

var commonLatin = set(`smith johnson williams brown jones miller davis wilson taylor anderson thomas jackson white harris martin lee garcia martinez
	john james robert michael david william mary maria jennifer linda wang li zhang liu chen yang huang zhao wu zhou wei min jing kim nguyen singh kumar`)

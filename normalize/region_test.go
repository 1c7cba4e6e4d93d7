package normalize

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestARegionIsFoundFromWhatPeopleWrite(t *testing.T) {
	n := newNormalizer(t)
	for _, c := range []struct {
		province, city, district, address, country string
		want, from                                 string // "country province city district code"
	}{
		{province: "广东", city: "深圳", district: "南山", want: "CN 广东省 深圳市 南山区 440305", from: "fields"},
		{province: "广东省", city: "深圳市", district: "南山区", want: "CN 广东省 深圳市 南山区 440305", from: "fields"},
		{city: "深圳", want: "CN 广东省 深圳市 440300", from: "fields"},
		{city: "广东深圳南山", want: "CN 广东省 深圳市 南山区 440305", from: "fields"},
		{city: "广东省-深圳市-南山区", want: "CN 广东省 深圳市 南山区 440305", from: "fields"},
		{province: "广东省/深圳市/南山区", want: "CN 广东省 深圳市 南山区 440305", from: "fields"},
		{province: "内蒙", want: "CN 内蒙古自治区 150000", from: "fields"},
		{province: "内蒙古自治区", city: "呼和浩特", want: "CN 内蒙古自治区 呼和浩特市 150100", from: "fields"},
		{province: "广西", city: "南宁", want: "CN 广西壮族自治区 南宁市 450100", from: "fields"},
		{city: "北京", want: "CN 北京市 北京市 110000", from: "fields"},
		{province: "北京市", city: "市辖区", district: "海淀区", want: "CN 北京市 北京市 海淀区 110108", from: "fields"},
		{province: "北京", district: "朝阳", want: "CN 北京市 北京市 朝阳区 110105", from: "fields"},
		{city: "朝阳", want: "CN 辽宁省 朝阳市 211300", from: "fields"},
		{province: "吉林", want: "CN 吉林省 220000", from: "fields"},
		{city: "吉林", want: "CN 吉林省 吉林市 220200", from: "fields"},
		{province: "海南", want: "CN 海南省 460000", from: "fields"},
		{province: "重庆", district: "忠县", want: "CN 重庆市 重庆市 忠县 500233", from: "fields"},
		{province: "江苏", city: "南京", district: "鼓楼", want: "CN 江苏省 南京市 鼓楼区 320106", from: "fields"},
		{province: "江苏", district: "鼓楼区", want: "CN 江苏省 320000", from: "fields"},
		{district: "鼓楼区", want: ""},
		{district: "南山区", want: ""},
		{address: "朝阳区建国路88号", want: ""},
		{city: "昆山", want: "CN 江苏省 苏州市 昆山市 320583", from: "fields"},
		{city: "吴江市", want: "CN 江苏省 苏州市 吴江区 320509", from: "fields"},
		{city: "济源", want: "CN 河南省 济源市 419001", from: "fields"},
		{city: "东莞", district: "长安镇", want: "CN 广东省 东莞市 441900", from: "fields"},
		{city: "恩施", want: "CN 湖北省 恩施土家族苗族自治州 422800", from: "fields"},
		{city: "大理", want: "CN 云南省 大理白族自治州 532900", from: "fields"},
		{province: "浙江", city: "深圳", want: "CN 浙江省 330000", from: "fields"},
		{province: "香港", district: "沙田", want: "CN 香港特别行政区 香港特别行政区 沙田区 810000", from: "fields"},
		{country: "Hong Kong", want: "CN 香港特别行政区 香港特别行政区 810000", from: "fields"},
		{province: "澳门", want: "CN 澳门特别行政区 澳门特别行政区 820000", from: "fields"},
		{province: "台湾", city: "台北", want: "CN 台湾省 台北市 710000", from: "fields"},
		{city: "Shenzhen", want: "CN 广东省 深圳市 440300", from: "fields"},
		{province: "Guangdong Province", city: "Guangzhou City", want: "CN 广东省 广州市 440100", from: "fields"},
		{address: "No. 1 Keji Road, Shenzhen", want: ""},
		{address: "广东省深圳市南山区科技园1号", want: "CN 广东省 深圳市 南山区 440305", from: "address"},
		{address: "中国广东省广州市天河区体育西路", want: "CN 广东省 广州市 天河区 440106", from: "address"},
		{address: "518000 广东深圳南山科技园", want: "CN 广东省 深圳市 南山区 440305", from: "address"},
		{address: "上海浦东张江", want: "CN 上海市 上海市 浦东新区 310115", from: "address"},
		{address: "新疆伊犁伊宁市解放路", want: "CN 新疆维吾尔自治区 伊犁哈萨克自治州 伊宁市 654002", from: "address"},
		{address: "南京路100号", want: ""},
		{address: "南京东路100号", want: ""},
		{address: "中山大道1号", want: ""},
		{city: "上海", address: "南京路100号", want: "CN 上海市 上海市 310000", from: "fields"},
		{province: "广东", address: "深圳市南山区科技园", want: "CN 广东省 深圳市 南山区 440305", from: "fields"},
		{city: "北京", address: "广东省深圳市", want: "CN 北京市 北京市 110000", from: "fields"},
		{country: "中国", city: "深圳", want: "CN 广东省 深圳市 440300", from: "fields"},
		{country: "PRC", want: "CN", from: "fields"},
		{country: "United States", province: "CA", city: "San Jose", want: "US CA San Jose", from: "fields"},
		{country: "法国", want: "FR", from: "fields"},
		{country: "uk", city: "London", want: "GB London", from: "fields"},
		{country: "DEU", want: "DE", from: "fields"},
		{city: "London", want: "London", from: "fields"},
		{city: "火星", want: ""},
	} {
		d := lead.Draft{Fields: map[string][]string{lead.FieldEmail: {"li@tengfei.cn"}}}
		for f, v := range map[string]string{lead.FieldProvince: c.province, lead.FieldCity: c.city, lead.FieldDistrict: c.district,
			lead.FieldAddress: c.address, lead.FieldCountry: c.country} {
			d.Add(f, v)
		}
		s, err := n.Submission(lead.Raw{ID: "sub_1", Source: "site"}, 0, d, 50)
		require.NoError(t, err)
		r := s.Region
		got := strings.Join(strings.Fields(strings.Join([]string{r.Country, r.Province, r.City, r.District, r.Code}, " ")), " ")
		require.Equal(t, c.want, got, "%+v", c)
		require.Equal(t, c.from, s.RegionFrom, "%+v", c)
	}
}

func TestThePhoneTellsTheRegionOnlyWhenNothingElseDoes(t *testing.T) {
	n := newNormalizer(t)
	read := func(d lead.Draft) *lead.Submission {
		s, err := n.Submission(lead.Raw{ID: "sub_1", Source: "site"}, 0, d, 50)
		require.NoError(t, err)
		return s
	}
	d := lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"0755-88881234"}}}
	s := read(d)
	require.Equal(t, lead.Region{Country: "CN", Province: "广东省", City: "深圳市", Code: "440300"}, s.Region)
	require.Equal(t, "phone", s.RegionFrom)

	d.Add(lead.FieldProvince, "浙江")
	s = read(d)
	require.Equal(t, lead.Region{Country: "CN", Province: "浙江省", Code: "330000"}, s.Region)
	require.Equal(t, "fields", s.RegionFrom)

	s = read(lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"+44 20 7946 0018"}}})
	require.Equal(t, lead.Region{Country: "GB"}, s.Region)
	require.Equal(t, "phone", s.RegionFrom)

	s = read(lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"19912345678"}}}) // issued where, the data does not say
	require.Equal(t, lead.Region{Country: "CN"}, s.Region)
	require.Equal(t, "phone", s.RegionFrom)
}

func TestTheTableOfDivisionsIsWhole(t *testing.T) {
	g := divisions()
	codes, levels := map[string]bool{}, map[uint8]int{}
	for i, d := range g.all[1:] {
		levels[d.level]++
		require.Len(t, d.code, 6)
		require.Equal(t, g.all[d.province].code[:2], d.code[:2], d.name)
		if d.code[2:] != "0000" {
			require.False(t, codes[d.code], "two divisions have the code of %s", d.name)
			codes[d.code] = true
		}
		if d.level == levelCounty && d.province != 0 && d.code[2:] != "0000" {
			at := g.step(place{}, uint16(i+1))
			require.Equal(t, d.name, g.region(at).District)
			require.NotEmpty(t, g.region(at).City)
		}
	}
	require.Equal(t, 34, levels[levelProvince])
	require.Greater(t, levels[levelCity], 333)
	require.Greater(t, levels[levelCounty], 2800)
}

func TestEveryDivisionIsFoundByItsOwnFullName(t *testing.T) {
	g := divisions()
	for i := range g.all[1:] {
		d := g.all[i+1]
		at := g.step(place{}, uint16(i+1))
		want := g.region(at)
		require.Equal(t, want, g.region(g.read(want.Province+want.City+want.District, place{}, levelProvince)), d.name)
	}
}

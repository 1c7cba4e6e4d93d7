package normalize

import (
	_ "embed"
	"strings"
)

//go:generate go run gen_attribution.go

const (
	hongKong = "香港特别行政区"
	macau    = "澳门特别行政区"
	taiwan   = "台湾省"
)

// Where Chinese numbers were issued, made by gen_attribution.go from the geocoding data of libphonenumber (Apache-2.0).
// The library itself would take 25 MB of heap for it; this stays in the program's read-only pages.
var (
	//go:embed data/attribution.bin
	attributionData string
	//go:embed data/attribution.txt
	attributionText string

	// attributionPlaces are pairs of province and city; city is "" where only the province is known.
	attributionPlaces = func() [][2]string {
		places := make([][2]string, 1, 400) // 0: not known
		for line := range strings.Lines(attributionText) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			province, city, _ := strings.Cut(strings.TrimSpace(line), " ")
			places = append(places, [2]string{province, city})
		}
		return places
	}()
)

// attributionData begins with one offset (uint32, little endian, in entries) for each block and one for the end. A block
// holds a run per entry: the first number of the run within the block, and its place (uint16 each). The mobile
// prefixes 1300000 to 1999999 make 70 blocks of 10,000; landlines follow by their first five digits, from 10000 to
// 99999, in nine blocks of 10,000.
const (
	mobileBlocks   = 70
	landlineBlocks = 9
	blockHeader    = 4 * (mobileBlocks + landlineBlocks + 1)
)

// attribution returns the province and city where a Chinese E.164 number was issued; empty when not known.
func attribution(e164 string) (province, city string) {
	const mobile = len("+8613900000000")
	if len(e164) < len("+86")+9 || e164[:3] != "+86" {
		return "", ""
	}
	d := e164[3:]
	block, low := 0, 0
	if len(e164) == mobile && d[0] == '1' && d[1] >= '3' {
		block, low = decimals(d[1:3])-30, decimals(d[3:7])
	} else {
		block, low = mobileBlocks+decimals(d[:1])-1, decimals(d[1:5])
	}
	if block < 0 || block >= mobileBlocks+landlineBlocks || len(attributionData) < blockHeader {
		return "", ""
	}
	first, end := attributionNumber(4*block), attributionNumber(4*block+4)
	for first < end { // the last run that begins at or before low
		mid := (first + end) / 2
		if attributionShort(blockHeader+4*mid) <= low {
			first = mid + 1
		} else {
			end = mid
		}
	}
	if first == attributionNumber(4*block) {
		return "", ""
	}
	p := attributionPlaces[attributionShort(blockHeader+4*(first-1)+2)]
	return p[0], p[1]
}

func attributionNumber(at int) int {
	return int(attributionShort(at)) | int(attributionShort(at+2))<<16
}

func attributionShort(at int) int {
	return int(attributionData[at]) | int(attributionData[at+1])<<8
}

func decimals(d string) int {
	n := 0
	for i := range len(d) {
		n = n*10 + int(d[i]-'0')
	}
	return n
}

package normalize

import (
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// numberCN reads a Chinese number that is not a mobile: a landline with its area code, a 400 or 800 number, a short
// service code. area is the area code of the number before it in the same field, for a number that has none.
func numberCN(s, area string) (lead.Phone, bool) {
	d := onlyDigits(s)
	trunk := false
	switch {
	case strings.HasPrefix(strings.TrimLeft(s, " ("), "+"):
		if !strings.HasPrefix(d, "86") {
			return lead.Phone{}, false
		}
		d, trunk = d[2:], true
	case strings.HasPrefix(d, "0086"):
		d, trunk = d[4:], true
	case strings.HasPrefix(d, "86") && len(d) >= 12 && !strings.HasPrefix(s, "0"):
		d, trunk = d[2:], true
	case len(d) > 14 && dialPrefixes[d[:5]]:
		d = d[5:]
	}
	if serviceCN(d) {
		return lead.Phone{E164: "+86" + d, Type: lead.PhoneService}, true
	}
	if rest, ok := strings.CutPrefix(d, "0"); ok {
		d, trunk = rest, true
	}
	if landlineCN(d, trunk) {
		return lead.Phone{E164: "+86" + d, Type: lead.PhoneLandline}, true
	}
	if area != "" && landlineCN(area+d, true) && (len(d) == 7 || len(d) == 8) {
		return lead.Phone{E164: "+86" + area + d, Type: lead.PhoneLandline}, true
	}
	return lead.Phone{}, false
}

// landlineCN reports whether d is an area code without its 0 and a subscriber number. trunk says that the 0 or the
// country code was there. Without it (a spreadsheet ate the zero), a number that could as well be one of Hong
// Kong, Macau or Taiwan without its plus is refused.
func landlineCN(d string, trunk bool) bool {
	code := areaOf("+86" + d)
	if code == "" {
		return false
	}
	if !trunk && (code == "852" || code == "853" || code == "886") {
		return false
	}
	subscriber := d[len(code):]
	if subscriber == "" || subscriber[0] < '2' || subscriber[0] > '9' {
		return false
	}
	if len(code) == 2 {
		return len(subscriber) == 8
	}
	return len(subscriber) == 7 || len(subscriber) == 8
}

// areaOf returns the area code, without 0, that a Chinese E.164 number begins with; "" when there is none.
func areaOf(e164 string) string {
	d, ok := strings.CutPrefix(e164, "+86")
	if !ok || len(d) < 3 {
		return ""
	}
	if d[:2] == "10" || (d[0] == '2' && d[1] != '6') {
		return d[:2]
	}
	if areaCodes[d[:3]] {
		return d[:3]
	}
	return ""
}

// areaCodes are the three-digit area codes of the mainland, without 0 (numbering plan of the Ministry of Industry and
// Information Technology). 10 and 20 to 29 have two.
var areaCodes = set(`
	310 311 312 313 314 315 316 317 318 319 335
	349 350 351 352 353 354 355 356 357 358 359
	370 371 372 373 374 375 376 377 378 379 391 392 393 394 395 396 398
	410 411 412 413 414 415 416 417 418 419 421 427 429
	431 432 433 434 435 436 437 438 439 448
	451 452 453 454 455 456 457 458 459 464 467 468 469
	470 471 472 473 474 475 476 477 478 479 482 483
	510 511 512 513 514 515 516 517 518 519 523 527
	530 531 532 533 534 535 536 537 538 539 543 546 631 632 633 634 635
	550 551 552 553 554 555 556 557 558 559 561 562 563 564 565 566
	570 571 572 573 574 575 576 577 578 579 580
	591 592 593 594 595 596 597 598 599
	660 662 663 668 691 692
	701 710 711 712 713 714 715 716 717 718 719 722 724 728
	730 731 732 733 734 735 736 737 738 739 743 744 745 746
	750 751 752 753 754 755 756 757 758 759 760 762 763 765 766 768 769
	770 771 772 773 774 775 776 777 778 779
	790 791 792 793 794 795 796 797 798 799
	812 813 816 817 818 825 826 827 830 831 832 833 834 835 836 837 838 839 840
	851 852 853 854 855 856 857 858 859
	870 871 872 873 874 875 876 877 878 879 883 886 887 888
	891 892 893 894 895 896 897 898 899
	901 902 903 906 908 909
	911 912 913 914 915 916 917 919
	930 931 932 933 934 935 936 937 938 939 941 943 951 952 953 954 955
	970 971 972 973 974 975 976 977 979
	990 991 992 993 994 995 996 997 998 999`)

// serviceCN reports whether d is a number that many people dial: 400 and 800 numbers, and the short codes of banks,
// insurers, operators and authorities (95xxx, 96xxx, 10xxx, 12xxx, 1010xxxx).
func serviceCN(d string) bool {
	switch len(d) {
	case 10:
		return strings.HasPrefix(d, "400") || strings.HasPrefix(d, "800")
	case 5, 6:
		if strings.HasPrefix(d, "95") || strings.HasPrefix(d, "96") {
			return true
		}
		return len(d) == 5 && (strings.HasPrefix(d, "100") || strings.HasPrefix(d, "12"))
	case 8:
		return strings.HasPrefix(d, "1010") || strings.HasPrefix(d, "95")
	}
	return false
}

// abroadCN reports whether s carries the country code of China.
func abroadCN(s string) bool {
	s = strings.TrimLeft(s, " (")
	return strings.HasPrefix(s, "+86") || strings.HasPrefix(s, "0086")
}

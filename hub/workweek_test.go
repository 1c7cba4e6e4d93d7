package hub

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// weekConfig is two teams in two time zones. In Shanghai Friday the 25th is a holiday, and Sunday the 20th is worked for it.
func weekConfig(t *testing.T) lead.Config {
	span := func(text string) lead.Duration {
		var d lead.Duration
		require.NoError(t, d.UnmarshalText([]byte(text)))
		return d
	}
	workdays := func(spans ...string) map[string][]string {
		return map[string][]string{"mon": spans, "tue": spans, "wed": spans, "thu": spans, "fri": spans}
	}
	leave := lead.Leave{From: time.Date(2026, 9, 22, 0, 0, 0, 0, time.FixedZone("", 8*3600)), To: time.Date(2026, 9, 23, 12, 0, 0, 0, time.FixedZone("", 8*3600))}
	return lead.Config{
		Sources: []lead.Source{{Key: "site", Channel: "webform"}, {Key: "expo", Channel: "webform"}, {Key: "hotline", Channel: "webform"}},
		Teams: []lead.Team{
			{Key: "shanghai", Hours: lead.Hours{TimeZone: "Asia/Shanghai", Week: workdays("09:00-12:00", "13:00-18:00"),
				Holidays: []string{"2026-09-25"}, Workdays: []string{"2026-09-20"}}},
			{Key: "berlin", Hours: lead.Hours{TimeZone: "Europe/Berlin", Week: workdays("09:00-17:00")}},
		},
		Reps: []lead.Rep{
			{Key: "anna", Team: "shanghai", Weight: 2, Active: true, Daily: 2},
			{Key: "bo", Team: "shanghai", Weight: 1, Active: true, Holding: 2, Leave: []lead.Leave{leave}},
			{Key: "eva", Team: "berlin", Weight: 1, Active: true},
		},
		Rules: []lead.Rule{
			{Key: "europe", When: `source == "expo"`, To: lead.Target{Teams: []string{"berlin"}}, Enabled: true},
			{Key: "home", To: lead.Target{Teams: []string{"shanghai"}}, Enabled: true},
		},
		Pools: []lead.Pool{{Key: "sea", Teams: []string{"shanghai"}, Enabled: true, ClaimsPerDay: 1, CoolDown: span("1d"), HoldNew: span("10m"), ArchiveAfter: 2,
			Recycle: []lead.Recycle{
				{Kind: lead.RecycleNotAccepted, After: span("2h"), Remind: span("30m"), WorkingTime: true},
				{Kind: lead.RecycleNotFollowed, When: `source != "hotline"`, After: span("2d"), Remind: span("4h")},
				{Kind: lead.RecycleNotConverted, When: `source == "expo"`, After: span("5d"), Remind: span("1d")},
			}}},
	}
}

func TestAWorkingWeek(t *testing.T) {
	w := newWorkWeek(t, weekConfig(t))
	lost := lead.Feedback{Status: lead.StatusUnqualified, Reason: "wrong number"}
	won := lead.Feedback{Status: lead.StatusConverted, Amount: "12800.50"}

	// Everybody is at home on Saturday. Sunday is a workday in Shanghai, and nobody in Berlin knows of it.
	w.on("sat 19, 20:00", w.arrive("site", "wang", "li", "zhang", "he"))
	w.on("sun 20, 09:20", w.accept("anna", "wang"))
	w.on("sun 20, 10:00", w.follow("anna", "wang", lead.Feedback{Way: "call", NextAt: w.moment("mon 21, 09:30")}))
	w.on("sun 20, 10:45", w.accept("anna", "zhang")) // between the reminder and the end
	w.on("sun 20, 11:05", w.claim("anna", "li"))     // bo let it lie for two hours; it is held back for ten minutes
	w.on("sun 20, 11:10", w.claim("bo", "li"))       // it was his
	w.on("sun 20, 11:10", w.claim("eva", "li"))      // the pool is not for Berlin
	w.on("sun 20, 11:10", w.claim("anna", "li"))
	w.on("sun 20, 11:20", w.claim("anna", "he")) // one a day
	w.on("sun 20, 14:00", w.follow("anna", "li", lost))
	w.on("sun 20, 16:00", w.arrive("expo", "schmidt"))

	// Five at once on Monday: two are all that anna gets in a day, two are all that bo may hold. The fifth gets his place when he closes one.
	w.on("mon 21, 09:00", w.claim("anna", "he"))
	w.on("mon 21, 09:05", w.arrive("site", "m1", "m2", "m3", "m4", "m5"))
	w.on("mon 21, 10:00", w.follow("anna", "wang", won))
	for _, of := range [][2]string{{"anna", "m1"}, {"bo", "m2"}, {"anna", "m3"}, {"bo", "m4"}} {
		w.on("mon 21, 10:15", w.accept(of[0], of[1]))
	}
	w.on("mon 21, 14:00", w.follow("bo", "m2", lost))
	for _, of := range [][2]string{{"anna", "he"}, {"anna", "m1"}, {"anna", "m3"}, {"bo", "m4"}, {"bo", "m5"}} {
		w.on("mon 21, 14:30", w.follow(of[0], of[1], won))
	}
	w.on("mon 21, 15:30", w.follow("eva", "schmidt", lead.Feedback{Status: lead.StatusNurturing, Way: "mail", NextAt: w.moment("fri 25, 15:30")}))
	w.on("mon 21, 16:00", w.duty("anna", true))

	// Zhang was accepted on Sunday and never called: two days later he is in the pool. Bo is on leave until Wednesday noon, which is lunch time, and anna is off duty but for an hour.
	w.on("tue 22, 10:00", w.arrive("site", "zhao"))
	w.on("tue 22, 11:00", w.duty("anna", false))
	w.on("tue 22, 11:30", w.follow("anna", "zhao", lost))
	w.on("tue 22, 12:00", w.duty("anna", true))
	w.on("tue 22, 14:00", w.arrive("site", "qian"))
	w.on("wed 23, 13:30", w.claim("bo", "zhang"))
	w.on("wed 23, 14:45", w.follow("bo", "qian", won))
	w.on("wed 23, 15:00", w.duty("anna", false))

	// Friday is a holiday in Shanghai: the working time that sun has left, and the owner of zhou, come on Monday.
	w.on("thu 24, 17:30", w.arrive("hotline", "sun"))
	w.on("fri 25, 10:00", w.arrive("site", "zhou"))
	w.on("mon 28, 09:30", w.follow("bo", "zhou", won))

	began := time.Now()
	w.live("sat 19, 20:00", "mon 28, 12:00")
	t.Logf("the week took %s of the clock on the wall, with %d stops of the clock", time.Since(began).Round(time.Millisecond), w.stops)
	require.Equal(t, strings.TrimSpace(theWeek), strings.Join(w.log, "\n"))
}

// theWeek is everything that happened, in the time of Shanghai.
const theWeek = `
sat 19, 20:00  wang came by site
sat 19, 20:00  li came by site
sat 19, 20:00  zhang came by site
sat 19, 20:00  he came by site
sun 20, 09:00  he → bo, rule:home
sun 20, 09:00  li → bo, rule:home
sun 20, 09:00  wang → anna, rule:home
sun 20, 09:00  zhang → anna, rule:home
sun 20, 09:20  wang accepted
sun 20, 10:00  wang followed
sun 20, 10:30  he: bo is told recycle_soon
sun 20, 10:30  li: bo is told recycle_soon
sun 20, 10:30  zhang: anna is told recycle_soon
sun 20, 10:45  zhang accepted
sun 20, 11:00  he → sea, taken from bo
sun 20, 11:00  he: bo is told recycled
sun 20, 11:00  li → sea, taken from bo
sun 20, 11:00  li: bo is told recycled
sun 20, 11:05  anna may not claim li: held_new
sun 20, 11:10  bo may not claim li: cool_down
sun 20, 11:10  eva may not claim li: not_your_pool
sun 20, 11:10  li → anna, claimed from sea
sun 20, 11:20  anna may not claim he: claim_limit
sun 20, 14:00  li followed unqualified
sun 20, 16:00  schmidt came by expo
mon 21, 09:00  he → anna, claimed from sea
mon 21, 09:05  m1 came by site
mon 21, 09:05  m2 came by site
mon 21, 09:05  m3 came by site
mon 21, 09:05  m4 came by site
mon 21, 09:05  m5 came by site
mon 21, 09:05  m1 → anna, rule:home
mon 21, 09:05  m2 → bo, rule:home
mon 21, 09:05  m3 → anna, rule:home
mon 21, 09:05  m4 → bo, rule:home
mon 21, 09:30  wang: anna is told follow_up
mon 21, 10:00  wang followed converted
mon 21, 10:15  m1 accepted
mon 21, 10:15  m2 accepted
mon 21, 10:15  m3 accepted
mon 21, 10:15  m4 accepted
mon 21, 14:00  m2 followed unqualified
mon 21, 14:00  m5 → bo, rule:home
mon 21, 14:30  he followed converted
mon 21, 14:30  m1 followed converted
mon 21, 14:30  m3 followed converted
mon 21, 14:30  m4 followed converted
mon 21, 14:30  m5 followed converted
mon 21, 15:00  schmidt → eva, rule:europe
mon 21, 15:30  schmidt followed nurturing
tue 22, 05:00  zhang: anna is told recycle_soon
tue 22, 09:00  zhang → sea, taken from anna
tue 22, 09:00  zhang: anna is told recycled
tue 22, 10:00  zhao came by site
tue 22, 11:00  zhao → anna, rule:home
tue 22, 11:30  zhao followed unqualified
tue 22, 14:00  qian came by site
wed 23, 13:00  qian → bo, rule:home
wed 23, 13:30  zhang → bo, claimed from sea
wed 23, 14:30  qian: bo is told recycle_soon
wed 23, 14:45  qian followed converted
thu 24, 17:30  sun came by hotline
thu 24, 17:30  sun → anna, rule:home
fri 25, 09:30  zhang: bo is told recycle_soon
fri 25, 10:00  zhou came by site
fri 25, 13:30  zhang archived, taken from bo
fri 25, 13:30  zhang: bo is told recycled
fri 25, 15:00  schmidt: eva is told recycle_soon
fri 25, 15:30  schmidt: eva is told follow_up
sat 26, 15:00  schmidt → sea, taken from eva
sat 26, 15:00  schmidt: eva is told recycled
mon 28, 09:00  zhou → bo, rule:home
mon 28, 09:30  zhou followed converted
mon 28, 10:00  sun: anna is told recycle_soon
mon 28, 10:30  sun → sea, taken from anna
mon 28, 10:30  sun: anna is told recycled
`

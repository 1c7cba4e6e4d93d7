// Package console is the hub's web pages: the flow at a glance, leads with where every value came from and what is done with them, public
// pools, reps, rules in words, figures, rejections to correct and replay, files to import, sources, notifications and settings. Pages are rendered on the server, in Chinese and English, and work
// without JavaScript. A person signs in with an admin token, or with the token of a rep: then there are a few pages of his own, and nothing else.
package console

import (
	"embed"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

//go:embed assets
var assets embed.FS

// maxForm bounds what a form sends; a corrected draft is the largest.
const maxForm = 1 << 20

type site struct {
	Config
	pages    pages
	attempts *attempts
	now      func() time.Time
}

// New makes the console. The handler serves / and everything below it, by full paths wherever it is mounted.
func New(c Config) http.Handler { return newSite(c, time.Now).routes() }

func newSite(c Config, now func() time.Time) *site {
	if len(c.SessionKey) < 32 {
		panic("console: the session key is shorter than 32 bytes") // anybody could sign a session
	}
	return &site{Config: c, pages: loaded(), attempts: newAttempts(now), now: now}
}

// ofReps is everything that a rep reaches, by the method and path of [site.mux]. What is not in it is not there for him.
func (s *site) ofReps() map[string]handler {
	return map[string]handler{
		"GET /":                    s.ownHome,
		"POST /reps/{key}/duty":    working(s.ownDuty),
		"GET /leads":               s.ownLeads,
		"GET /leads/{id}":          s.leadShow,
		"POST /leads/{id}/accept":  working(s.leadAccept),
		"POST /leads/{id}/follow":  working(s.leadFollow),
		"POST /leads/{id}/reopen":  working(s.leadReopen),
		"POST /leads/{id}/release": working(s.ownRelease),
		"GET /pools":               s.ownPools,
		"GET /pools/{key}":         s.ownPool,
		"POST /pools/{key}/claim":  working(s.ownClaim),
		"GET /notifications":       s.ownTold,
	}
}

func (s *site) routes() http.Handler { return secured(s.mux()) }

// mux is the table of every page; one file per page, noun_verb.go. Those of reps are in files own_*.go.
func (s *site) mux() *chi.Mux {
	r := chi.NewRouter()
	r.Handle("/assets/*", serveAssets())
	r.Get("/login", s.visited(checked(s.loginShow)))
	r.Post("/login", s.visited(checked(s.loginSubmit)))
	r.Post("/logout", s.visited(checked(s.logout)))

	reps := s.ofReps()
	get := func(path string, h handler) { r.Get(path, s.visited(signedIn(byWho(h, reps["GET "+path])))) }
	post := func(path string, h handler) {
		r.Post(path, s.visited(signedIn(checked(byWho(h, reps["POST "+path])))))
	}
	get("/", s.overviewShow)
	get("/leads", s.leadList)
	get("/leads/{id}", s.leadShow)
	post("/leads/{id}/merge", s.leadMerge)
	post("/leads/{id}/split", s.leadSplit)
	post("/leads/{id}/pin", s.leadPin)
	post("/leads/{id}/assign", s.leadAssign)
	post("/leads/{id}/claim", s.leadClaim)
	post("/leads/{id}/release", s.leadRelease)
	post("/leads/{id}/accept", s.leadAccept)
	post("/leads/{id}/follow", s.leadFollow)
	post("/leads/{id}/reopen", s.leadReopen)
	get("/pools", s.poolList)
	get("/pools/{key}", s.poolShow)
	post("/pools/{key}/claim", s.poolClaim)
	get("/duplicates", s.duplicateList)
	post("/duplicates/{a}/{b}", s.duplicateDecide)
	get("/rejections", s.rejectionList)
	get("/rejections/{id}", s.rejectionShow)
	post("/rejections/{id}/replay", s.rejectionReplay)
	get("/imports", s.importList)
	get("/imports/new", s.importNew)
	r.Post("/imports/new", s.visited(signedIn(byWho(s.importCreate, nil)))) // it looks for the form's token itself
	get("/imports/template", s.importTemplate)
	get("/imports/{id}", s.importShow)
	get("/imports/{id}/events", s.importEvents)
	get("/imports/{id}/result", s.importResult)
	post("/imports/{id}/check", s.importCheck)
	post("/imports/{id}/start", s.importStart)
	post("/imports/{id}/cancel", s.importCancel)
	get("/imports/{id}/undo", s.importUndoShow)
	post("/imports/{id}/undo", s.importUndo)
	get("/sources", s.sourceList)
	get("/sources/new", s.sourceNew)
	post("/sources/new", s.sourceCreate)
	get("/sources/{key}", s.sourceShow)
	post("/sources/{key}", s.sourceSave)
	post("/sources/{key}/switch", s.sourceSwitch)
	post("/sources/{key}/remove", s.sourceRemove)
	get("/reps", s.repList)
	post("/reps/{key}/duty", s.repDuty)
	post("/reps/{key}/leave", s.repLeave)
	get("/reps/{key}/access", s.repAccessShow)
	post("/reps/{key}/access", s.repAccessGive)
	post("/reps/{key}/access/{id}/remove", s.repAccessTake)
	get("/reps/{key}/handover", s.repHandoverShow)
	post("/reps/{key}/handover", s.repHandover)
	get("/rules", s.ruleList)
	post("/rules/try", s.ruleTry)
	get("/figures", s.figureShow)
	get("/notifications", s.notificationList)
	post("/notifications/targets/{key}/try", s.notificationTry)
	post("/notifications/{id}/replay", s.notificationReplay)
	get("/settings", s.settingsShow)
	post("/settings", s.settingsSave)
	post("/teams", s.teamSave)
	post("/reps", s.repSave)

	nothing := s.visited(signedIn(func(*visit) error { return noPage() }))
	r.NotFound(nothing)
	r.MethodNotAllowed(nothing)
	return r
}

// secured sets the headers that every answer carries. Scripts and styles come from our own files only, never from the page.
func secured(next *chi.Mux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, withoutRoute(r))
	})
}

func serveAssets() http.HandlerFunc {
	files := http.FileServerFS(assets)
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") { // no lists of what there is
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=300")
		files.ServeHTTP(w, r)
	}
}

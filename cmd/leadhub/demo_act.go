package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/fixtures/signing"
	"github.com/leadhub/leadhub/lead"
)

// post sends one step through the door, as a website or a vendor would.
func (pl *player) post(ctx context.Context, s step) (facts, error) {
	req, err := pl.request(ctx, s)
	if err != nil {
		return nil, err
	}
	resp, err := pl.client.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	pl.line("      → %s answers %d", "      → %s 返回 %d", s.Source, resp.StatusCode)
	f := facts{"answers": resp.StatusCode}
	var refused problem.Problem
	if resp.StatusCode >= http.StatusBadRequest && json.Unmarshal(answer, &refused) == nil {
		f["refused"] = refused.Code
		pl.line("      refused: %s (%s)", "      已拒绝：%s（%s）", pl.words.Refusal(refused.Code, refused.Detail), refused.Code)
	}
	return f, pl.look(ctx, f, true)
}

// request makes the request of a step, signed as the step says with the secrets of its source.
func (pl *player) request(ctx context.Context, s step) (*http.Request, error) {
	now := time.Now()
	also := template.FuncMap{"secret": func(setting string) (string, error) { return pl.story.Config.secret(s.Source, setting) }}
	body, err := signing.Fill(s.Body, nil, now, also)
	if err != nil {
		return nil, err
	}
	query, err := signing.Fill(s.Query, []byte(body), now, also)
	if err != nil {
		return nil, err
	}
	target := pl.client.base + "/in/" + url.PathEscape(s.Source)
	if query != "" {
		target += "?" + query
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", s.Type)
	req.Header.Set("Accept", "application/json")
	for _, name := range sortedKeys(s.Headers) {
		value, err := signing.Fill(s.Headers[name], []byte(body), now, also)
		if err != nil {
			return nil, err
		}
		req.Header.Set(name, value)
	}
	return req, nil
}

// secret is the first value of a setting that holds secrets.
func (f *configFile) secret(source, setting string) (string, error) {
	for _, src := range f.Sources {
		if list, ok := src.Settings[setting].([]any); ok && src.Key == source && len(list) > 0 {
			return fmt.Sprint(list[0]), nil
		}
	}
	return "", fmt.Errorf("the source %s has no %s", source, setting)
}

// importList uploads the list of a step and imports it, as a person in the console would.
func (pl *player) importList(ctx context.Context, s step) (facts, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	if err := writeUpload(w, s.Source, nil, s.File, strings.NewReader(s.Body)); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, pl.client.base+"/v1/imports", &form)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	var i lead.Import
	if err := pl.client.do(req, func(r io.Reader) error { return json.NewDecoder(r).Decode(&i) }); err != nil {
		return nil, err
	}
	pl.upload = i.ID
	if err := pl.client.call(ctx, "POST", "/v1/imports/"+i.ID+"/start", nil, nil); err != nil {
		return nil, err
	}
	i, err = pl.imported(ctx)
	if err != nil {
		return nil, err
	}
	p := i.Progress
	f := facts{"rows": p.Read, "new": p.New, "joined": p.Joined, "rejected": p.Rejected, "skipped": p.Skipped}
	if err := pl.look(ctx, f, false); err != nil {
		return nil, err
	}
	pl.line("      → %s: %d rows, %d new, %d joined, %d rejected, %d skipped; the pool has %d leads",
		"      → %s：%d 行，新线索 %d，并入 %d，拒收 %d，跳过 %d；线索池共 %d 条", s.Source, p.Read, p.New, p.Joined, p.Rejected, p.Skipped, f["leads"])
	return f, nil
}

// undo takes back what the last upload brought.
func (pl *player) undo(ctx context.Context) (facts, error) {
	if err := pl.client.call(ctx, "DELETE", "/v1/imports/"+pl.upload, nil, nil); err != nil {
		return nil, err
	}
	i, err := pl.imported(ctx)
	if err != nil {
		return nil, err
	}
	f := facts{"withdrawn": i.Progress.Withdrawn}
	if err := pl.look(ctx, f, false); err != nil {
		return nil, err
	}
	pl.line("      → %d rows of %s taken back; the pool has %d leads", "      → 已撤销 %[2]s 的 %[1]d 行；线索池共 %[3]d 条", i.Progress.Withdrawn, i.File, f["leads"])
	return f, nil
}

// imported waits until nothing works on the last upload any more.
func (pl *player) imported(ctx context.Context) (i lead.Import, err error) {
	err = awaited(ctx, func() (bool, error) {
		err := pl.client.call(ctx, "GET", "/v1/imports/"+pl.upload, nil, &i)
		return i.AtRest() && i.State != lead.ImportInspected, err
	})
	if err == nil && i.Error != nil {
		err = importError(i)
	}
	return i, err
}

// claim lets a rep take a lead out of the public pool, with a token of his own.
func (pl *player) claim(ctx context.Context, s step) (facts, error) {
	var token struct{ Token string }
	ask := map[string]any{"name": pl.words.RepName(s.By), "rep": s.By, "scopes": []string{lead.ScopeLeadsRead, lead.ScopeLeadsWork}}
	if err := pl.client.call(ctx, "POST", "/v1/tokens", ask, &token); err != nil {
		return nil, err
	}
	rep := &client{base: pl.client.base, token: token.Token, http: pl.client.http}
	path, err := pl.path(s.Claim)
	if err != nil {
		return nil, err
	}
	var before, after lead.Lead
	if err := rep.call(ctx, "GET", path, nil, &before); err != nil {
		return nil, err
	}
	if err := rep.call(ctx, "POST", path+"/claim", nil, &after); err != nil {
		return nil, err
	}
	f := facts{"before": reach(&before), "after": reach(&after)}
	pl.line("      → in the pool: %s; after the claim: %s", "      → 公海中：%s；认领后：%s", f["before"], f["after"])
	return f, pl.look(ctx, f, true)
}

// why asks what `leadhub why` asks, and tells it without the fields that no lead shows. Its facts are the sources that the values come from, by field.
func (pl *player) why(ctx context.Context, s step) (facts, error) {
	path, err := pl.path(s.Why)
	if err != nil {
		return nil, err
	}
	var w lead.Why
	if err := pl.client.call(ctx, "GET", path+"/why", nil, &w); err != nil {
		return nil, err
	}
	w.Values = slices.DeleteFunc(w.Values, func(v lead.WhyValue) bool { return strings.HasPrefix(v.Field, lead.ExtraPrefix) })
	zone, err := time.LoadLocation(pl.story.Config.config().Settings.TimeZone)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(pl.out)
	printWhy(pl.out, w, pl.lang, zone)
	f := facts{"touches": len(w.Touches)}
	for _, v := range w.Values {
		f[v.Field] = v.Source
	}
	return f, nil
}

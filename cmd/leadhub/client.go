package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/lead"
)

// serverFlags say which hub a verb talks to.
type serverFlags struct {
	Server     string `help:"URL of the hub." default:"http://127.0.0.1:8080" env:"LEADHUB_SERVER" placeholder:"URL"`
	AdminToken string `help:"A token of the hub; the admin's, unless the verb needs less." env:"LEADHUB_ADMIN_TOKEN" name:"token" placeholder:"TOKEN"`
	Data       string `help:"Data folder of a hub on this machine, to read the admin's token from." default:"leadhub-data" env:"LEADHUB_DATA" placeholder:"DIR"`
}

// client speaks to the API of a running hub.
type client struct {
	base, token string
	http        *http.Client
}

func (f serverFlags) client() *client {
	token := f.AdminToken
	if token == "" {
		token = tokenIn(f.Data)
	}
	return &client{base: strings.TrimRight(f.Server, "/"), token: token, http: &http.Client{Timeout: 10 * time.Minute}}
}

// call sends in as JSON (nothing when nil) and decodes the answer into out. A problem comes back as a *lead.Error.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return lead.Invalid("bad_server", "the --server URL cannot be used", "write it as http://127.0.0.1:8080")
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.do(req, func(r io.Reader) error {
		if out == nil {
			return nil
		}
		return json.NewDecoder(r).Decode(out)
	})
}

// do sends a request with the token and hands over the body of a good answer.
func (c *client) do(req *http.Request, read func(io.Reader) error) error {
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return &lead.Error{Kind: lead.KindTransient, Code: "no_hub", Message: "no hub answers at " + c.base,
			Hint: "start one with `leadhub serve`, or name another with --server", Err: err}
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return problemOf(resp)
	}
	return read(resp.Body)
}

func problemOf(resp *http.Response) error {
	var p problem.Problem
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&p); err != nil || p.Code == "" {
		return fmt.Errorf("the hub answered %s", resp.Status)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		p.Hint = "set LEADHUB_ADMIN_TOKEN, or name the hub's data folder with --data"
	}
	return &lead.Error{Kind: lead.KindInvalid, Code: p.Code, Message: p.Detail, Hint: p.Hint, Fields: p.Fields}
}

func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/leadhub/leadhub/lead"
)

// importHub is a hub with sources for files.
func importHub(t *testing.T, f hubFlags) *testHub {
	h := startTestHub(t, f)
	h.call("PUT", "/v1/config", importConfig(), nil)
	return h
}

func importConfig() configFile {
	return configFile{Sources: []fileSource{{Key: "lists", Channel: "excel"}, {Key: "more-lists", Channel: "excel"}}}
}

// trySendFile uploads a file; parts are pairs of name and value before it.
func trySendFile(c *client, name string, content []byte, parts ...string) (lead.Import, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		if err := w.WriteField(parts[i], parts[i+1]); err != nil {
			return lead.Import{}, err
		}
	}
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return lead.Import{}, err
	}
	req, err := http.NewRequest("POST", c.base+"/v1/imports", &b)
	if err != nil {
		return lead.Import{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := c.http.Do(req)
	if err != nil {
		return lead.Import{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return lead.Import{}, fmt.Errorf("%d: %w", resp.StatusCode, problemOf(resp))
	}
	var i lead.Import
	return i, json.NewDecoder(resp.Body).Decode(&i)
}

func (h *testHub) upload(name string, content []byte) lead.Import {
	h.t.Helper()
	i, err := trySendFile(h.api(), name, content, "source", "lists")
	require.NoError(h.t, err)
	require.Equal(h.t, lead.ImportInspected, i.State)
	return i
}

func (h *testHub) importIs(id string) lead.Import {
	h.t.Helper()
	var i lead.Import
	h.call("GET", "/v1/imports/"+id, nil, &i)
	return i
}

// rests waits until nothing works on an import, and wants it in a state.
func (h *testHub) rests(id, state string) lead.Import {
	h.t.Helper()
	var i lead.Import
	require.Eventually(h.t, func() bool { i = h.importIs(id); return i.AtRest() }, 2*patience, 5*time.Millisecond, "the import does not come to rest")
	require.Equal(h.t, state, i.State, "%+v", i.Error)
	return i
}

// lastEvent listens to an import until it is at rest.
func (h *testHub) lastEvent(id string) lead.Import {
	h.t.Helper()
	a := h.send(h.request("GET", "/v1/imports/"+id+"/events", "", "Authorization", "Bearer "+h.adminToken))
	require.Equal(h.t, http.StatusOK, a.Status)
	events := strings.Split(strings.TrimSpace(a.Body), "\n\n")
	data, ok := strings.CutPrefix(events[len(events)-1], "event: progress\ndata: ")
	require.True(h.t, ok)
	var i lead.Import
	require.NoError(h.t, json.Unmarshal([]byte(data), &i))
	return i
}

// result reads the result of an import as rows of text.
func (h *testHub) result(id, query string) [][]string {
	h.t.Helper()
	req := h.request("GET", "/v1/imports/"+id+"/result"+query, "", "Authorization", "Bearer "+h.adminToken)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	require.Equal(h.t, http.StatusOK, resp.StatusCode, "%s", b)
	book, err := excelize.OpenReader(bytes.NewReader(b))
	require.NoError(h.t, err)
	rows, err := book.GetRows(book.GetSheetName(0))
	require.NoError(h.t, err)
	return rows
}

func csvOf(lines ...string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

// invented makes a list of n invented people, and returns their numbers.
func invented(n int) ([]byte, []string) {
	var b bytes.Buffer
	b.WriteString("姓名,手机,公司名称,职位,备注\n")
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = phone()
		fmt.Fprintf(&b, "何%s,%s,云帆%d有限公司,采购,想了解价格 %d\n", string(rune('一'+i%1000)), numbers[i], i, i)
	}
	return b.Bytes(), numbers
}

package main

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/leadhub/leadhub/lead"
)

// Bounds of a file, so that none can use up the memory: its bytes, how deep lists and maps lie in each other, and how much there is of it when
// every alias stands for what it names.
const (
	maxFileBytes = 16 << 20
	maxFileDepth = 64
	maxFileNodes = 2_000_000
)

// maxExcerpt bounds the lines that an error shows: a file may be one line.
const maxExcerpt = 400

// unreadable is what is wrong with the form of a file, where it is, and the line it is in.
func unreadable(path string, data []byte, err error) error {
	short := true
	for line := range bytes.Lines(data) {
		short = short && len(line) <= maxExcerpt
	}
	e := lead.Invalid("bad_file", fmt.Sprintf("%s cannot be read:\n%s", path, strings.TrimRight(yaml.FormatError(err, false, short), "\n")),
		"docs/operations.md and docs/assignment.md show what a file may say")
	var wrong *wrongHere
	if errors.As(err, &wrong) {
		e.Hint = wrong.hint
	}
	var placed yaml.Error
	if errors.As(err, &placed) && placed.GetToken() != nil {
		at := placed.GetToken().Position
		e.Fields = []string{fmt.Sprintf("%s:%d:%d", path, at.Line, at.Column)}
	}
	return e
}

// wrongHere is an error of ours about a place in the file.
type wrongHere struct {
	yaml.SyntaxError
	hint string
}

func wrongAt(n ast.Node, message, hint string) error {
	return &wrongHere{yaml.SyntaxError{Message: message, Token: n.GetToken()}, hint}
}

// parseFile reads the form of a file, and refuses what the decoder would take without a word: a fraction for a whole number, a time that is
// none, a second document.
func parseFile(data []byte) (*ast.File, error) {
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("it has %d bytes, more than %d", len(data), maxFileBytes)
	}
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, &wrongHere{yaml.SyntaxError{Message: "it is not UTF-8"}, "save it as UTF-8 and not as GBK or UTF-16"}
	}
	if err := shallow(lexer.Tokenize(string(data))); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	first := true
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if !first {
			return nil, wrongAt(doc.Body, "a second document begins here, and one file is one configuration", "make two files of it, or one document")
		}
		first = false
		f := form{anchors: map[string]ast.Node{}}
		if err := f.fits(doc.Body, reflect.TypeFor[configFile](), 0); err != nil {
			return nil, err
		}
	}
	return file, nil
}

// shallow refuses what is so deep that parsing it takes memory without end.
func shallow(tokens token.Tokens) error {
	flow, entries, line := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType: // "- - - x"
			if t.Position.Line != line {
				entries, line = 0, t.Position.Line
			}
			entries++
		}
		if flow > maxFileDepth || entries > maxFileDepth {
			return &wrongHere{yaml.SyntaxError{Message: fmt.Sprintf("more than %d lists and maps lie in each other", maxFileDepth), Token: t}, "nothing in a configuration is so deep"}
		}
	}
	return nil
}

// form compares a file with the types that it is decoded into.
type form struct {
	anchors map[string]ast.Node
	nodes   int
}

func (f *form) fits(n ast.Node, want reflect.Type, depth int) error {
	if f.nodes++; f.nodes > maxFileNodes || depth > maxFileDepth {
		return wrongAt(n, "there is too much of it, with every alias in the place of what it names", "write it out, or make several files of it")
	}
	for want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	depth++
	switch n := n.(type) {
	case *ast.AnchorNode:
		f.anchors[n.Name.GetToken().Value] = n.Value
		return f.fits(n.Value, want, depth)
	case *ast.AliasNode:
		if to := f.anchors[n.Value.GetToken().Value]; to != nil {
			return f.fits(to, want, depth)
		}
		return nil // the decoder names it
	case *ast.TagNode:
		return f.fits(n.Value, want, depth)
	case *ast.MappingNode:
		for _, pair := range n.Values {
			if err := f.pair(pair, want, depth); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		return f.pair(n, want, depth)
	case *ast.SequenceNode:
		for _, item := range n.Values {
			if err := f.fits(item, within(want, reflect.Slice), depth); err != nil {
				return err
			}
		}
	case ast.ScalarNode:
		if why, hint := misfit(n, want); why != "" {
			return wrongAt(n, why, hint)
		}
	}
	return nil
}

// pair checks a key, and its value against what the key stands for.
func (f *form) pair(pair *ast.MappingValueNode, want reflect.Type, depth int) error {
	if _, ok := pair.Key.(*ast.MergeKeyNode); ok {
		return f.fits(pair.Value, want, depth)
	}
	if want.Kind() != reflect.Struct {
		return f.fits(pair.Value, within(want, reflect.Map), depth)
	}
	key := pair.Key.GetToken().Value
	var keys []string
	for i := range want.NumField() {
		field := want.Field(i)
		if !field.IsExported() || field.Tag.Get("json") == "-" && keyOf(field) != key {
			continue
		}
		if keys = append(keys, keyOf(field)); keyOf(field) == key {
			return f.fits(pair.Value, field.Type, depth)
		}
	}
	hint := "the keys here are " + strings.Join(keys, ", ")
	if near := lead.Nearest(key, keys); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return wrongAt(pair.Key, fmt.Sprintf("unknown field %q", key), hint)
}

// keyOf is the key of a field as the decoder takes it: of yaml, else of json.
func keyOf(f reflect.StructField) string {
	tag, ok := f.Tag.Lookup("yaml")
	if !ok {
		tag = f.Tag.Get("json")
	}
	name, _, _ := strings.Cut(tag, ",")
	return name
}

var anything = reflect.TypeFor[any]()

// within is what a list or map of a type holds.
func within(t reflect.Type, kind reflect.Kind) reflect.Type {
	if t.Kind() != kind {
		return anything
	}
	return t.Elem()
}

// misfit tells what is wrong with a value, and how to write it; "" leaves it to the decoder.
func misfit(n ast.ScalarNode, want reflect.Type) (why, hint string) {
	if _, null := n.(*ast.NullNode); null {
		return "", ""
	}
	text := n.GetToken().Value
	switch {
	case want == reflect.TypeFor[time.Time]():
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return strconv.Quote(text) + " is not a time", `write it like "2026-02-14T09:00:00+08:00"`
		}
	case reflect.PointerTo(want).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		var wrong *lead.Error
		if err := reflect.New(want).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); errors.As(err, &wrong) {
			return wrong.Message, wrong.Hint
		}
	case want.Kind() == reflect.Int:
		if !whole(n, text) {
			return strconv.Quote(text) + " is not a whole number", "write it in digits, without quotes and without a fraction"
		}
	case want.Kind() == reflect.Float64:
		if v, err := strconv.ParseFloat(text, 64); err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.Quote(text) + " is not a number", "write it in digits"
		}
	}
	return "", ""
}

// whole reports a whole number in digits as people count: 010 would be eight.
func whole(n ast.ScalarNode, text string) bool {
	if _, ok := n.(*ast.IntegerNode); !ok {
		return false
	}
	digits := strings.TrimLeft(text, "+-")
	_, err := strconv.Atoi(text)
	return err == nil && (digits == "0" || digits[0] != '0')
}

package taobao

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A frame is one binary websocket message of TMC, little endian: a version, a type, headers until one of type 0. Sources: the codecs of zsea/node-top
// (tmc/tmcCodec.js) and period331/taobao-tmc-python.
type frame struct {
	kind   byte
	status uint32 // of CONNECTACK: 0 when it went well
	phrase string
	flag   uint32
	token  string
	custom []field
}

// field is a header of the application: its value is a string, an int64, a byte, or nil.
type field struct {
	name  string
	value any
}

// Types of frames.
const (
	frameConnect    = 0
	frameConnectAck = 1
	frameSend       = 2
	frameSendAck    = 3
)

// Types of headers.
const (
	headerEnd = iota
	headerCustom
	headerStatus
	headerPhrase
	headerFlag
	headerToken
)

// Forms of values.
const (
	valueVoid  = 0
	valueText  = 1
	valueByte  = 2
	valueInt16 = 3
	valueInt32 = 4
	valueInt64 = 5
	valueDate  = 6 // milliseconds
	valueBytes = 7
)

const (
	version   = 2
	kindField = "__kind"
	// What a SEND is about.
	kindPull    = 1
	kindConfirm = 2
	kindData    = 3
)

var errFrame = errors.New("the frame ends within a value, or has one of an unknown kind")

func (f frame) encode() []byte {
	b := []byte{version, f.kind}
	put := func(text string) { b = append(binary.LittleEndian.AppendUint32(b, uint32(len(text))), text...) }
	header := func(h uint16) { b = binary.LittleEndian.AppendUint16(b, h) }
	if f.status != 0 {
		header(headerStatus)
		b = binary.LittleEndian.AppendUint32(b, f.status)
	}
	if f.phrase != "" {
		header(headerPhrase)
		put(f.phrase)
	}
	if f.flag != 0 {
		header(headerFlag)
		b = binary.LittleEndian.AppendUint32(b, f.flag)
	}
	if f.token != "" {
		header(headerToken)
		put(f.token)
	}
	for _, c := range f.custom {
		header(headerCustom)
		put(c.name)
		switch v := c.value.(type) {
		case string:
			b = append(b, valueText)
			put(v)
		case byte:
			b = append(b, valueByte, v)
		case int64:
			b = append(b, valueInt64)
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		default:
			b = append(b, valueVoid)
		}
	}
	header(headerEnd)
	return b
}

// decode never returns a part of a frame.
func decode(b []byte) (frame, error) {
	if len(b) < 2 || b[0] != version {
		return frame{}, errFrame
	}
	f := frame{kind: b[1]}
	r := reader{rest: b[2:]}
	for {
		switch h := r.uint(2); {
		case r.failed:
			return frame{}, errFrame
		case h == headerEnd:
			return f, nil
		case h == headerCustom:
			f.custom = append(f.custom, field{r.text(), r.value()})
		case h == headerStatus:
			f.status = uint32(r.uint(4))
		case h == headerPhrase:
			f.phrase = r.text()
		case h == headerFlag:
			f.flag = uint32(r.uint(4))
		case h == headerToken:
			f.token = r.text()
		default:
			return frame{}, errFrame
		}
	}
}

// reader takes from the front; once it failed everything is empty.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) take(n uint64) []byte {
	if r.failed || n > uint64(len(r.rest)) {
		r.failed = true
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) uint(bytes uint64) (n uint64) {
	for i, c := range r.take(bytes) {
		n |= uint64(c) << (8 * i)
	}
	return n
}

func (r *reader) text() string { return string(r.take(r.uint(4))) }

func (r *reader) value() any {
	switch r.uint(1) {
	case valueVoid:
		return nil
	case valueText, valueBytes:
		return r.text()
	case valueByte:
		return byte(r.uint(1))
	case valueInt16:
		return int64(int16(r.uint(2)))
	case valueInt32:
		return int64(int32(r.uint(4)))
	case valueInt64, valueDate:
		return int64(r.uint(8))
	}
	r.failed = true
	return nil
}

// get is the text of a field; "" when there is none.
func (f frame) get(name string) string {
	for _, c := range f.custom {
		if c.name == name && c.value != nil {
			return fmt.Sprint(c.value)
		}
	}
	return ""
}

// about is what a SEND is about: some write it as a number, some as a digit.
func (f frame) about() int {
	n, err := strconv.Atoi(f.get(kindField))
	if err != nil && f.get("topic") != "" {
		return kindData
	}
	return n
}

// document is what a frame of data says, as JSON; numbers keep every digit. What belongs to the connection, like its token, is not in it.
func (f frame) document() ([]byte, error) {
	members := map[string]any{}
	for _, c := range f.custom {
		switch v := c.value.(type) {
		case string:
			members[c.name] = strings.ToValidUTF8(v, "�")
		case nil:
		default:
			members[c.name] = v
		}
	}
	delete(members, kindField)
	return json.Marshal(members)
}

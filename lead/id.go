package lead

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash"
	"strings"
	"time"
)

// crockford is the alphabet of ULIDs: no I, L, O, U, and its order is the order of the bytes.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// An id is a prefix ("sub_", "ld_") and 26 characters that sort by time where the id was made by NewID. Submission
// ids end in six more characters: a seal that tells, without a look-up, that the hub gave this id out. Between a 202
// and the moment the submission is in the pool there is no row to look up; the seal is the proof that it is on its way.
const sealLen = 6

// NewID makes an id that sorts by time: 48 bits of milliseconds and 80 random bits, as a ULID has.
func NewID(prefix string, now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // never fails (crypto/rand)
	return prefix + crockford.EncodeToString(b[:])
}

// IDTime is when an id of NewID was made, to the millisecond; false for an id without a time.
func IDTime(id string) (time.Time, bool) {
	_, body, ok := strings.Cut(id, "_")
	b, err := crockford.DecodeString(body)
	if !ok || err != nil || len(b) != 16 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[:8]) >> 16)).UTC(), true
}

// DeriveID makes the id of an event that the channel itself named: the same source and event give the same id, so a
// delivery that is repeated is the same submission. Parts are length-prefixed: ("ab","c") and ("a","bc") differ.
func DeriveID(prefix string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return prefix + crockford.EncodeToString(h.Sum(nil)[:16])
}

// Seal appends the proof that the holder of key gave this id out.
func Seal(id string, key []byte) string { return id + seal(id, key) }

// Sealed reports whether id carries the seal of key. An index (".1") after the seal is allowed.
func Sealed(id string, key []byte) bool {
	id, _, _ = strings.Cut(id, ".")
	if len(id) <= sealLen {
		return false
	}
	body, got := id[:len(id)-sealLen], id[len(id)-sealLen:]
	return hmac.Equal([]byte(got), []byte(seal(body, key)))
}

func seal(id string, key []byte) string { return sealed(hmac.New(sha256.New, key), id) }

func sealed(m hash.Hash, id string) string {
	m.Write([]byte(id))
	return crockford.EncodeToString(m.Sum(nil)[:4])[:sealLen]
}

// IDAt is the lowest id that NewID gives at a moment: an id that is not below it is not from before.
func IDAt(prefix string, at time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(max(at.UnixMilli(), 0))<<16)
	return prefix + crockford.EncodeToString(b[:])
}

// Sealer makes the seals of Seal for many ids, in less than half of the time. It is for one goroutine.
type Sealer struct{ mac hash.Hash }

// NewSealer returns a Sealer of a key.
func NewSealer(key []byte) Sealer { return Sealer{hmac.New(sha256.New, key)} }

// Seal is the function Seal.
func (s Sealer) Seal(id string) string {
	s.mac.Reset()
	return id + sealed(s.mac, id)
}

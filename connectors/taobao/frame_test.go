package taobao

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A request for messages that period331/taobao-tmc-python (unpacktests/test.py) publishes.
const published = "020205002400000035363630303062392d626538382d343465612d383431632d6132613865333565373964300100060000005f5f6b696e640101000000310000"

func TestThePublishedFrameIsReadAndWritten(t *testing.T) {
	b, err := hex.DecodeString(published)
	require.NoError(t, err)
	f, err := decode(b)
	require.NoError(t, err)
	require.Equal(t, frame{kind: frameSend, token: "566000b9-be88-44ea-841c-a2a8e35e79d0", custom: []field{{kindField, "1"}}}, f)
	require.Equal(t, kindPull, f.about())
	require.Equal(t, b, f.encode())
}

func TestEveryFormOfAValueIsRead(t *testing.T) {
	b, err := hex.DecodeString("0202" +
		"0100" + "01000000" + "61" + "00" + // void
		"0100" + "01000000" + "62" + "02" + "ff" + // byte
		"0100" + "01000000" + "63" + "03" + "feff" + // int16
		"0100" + "01000000" + "64" + "04" + "feffffff" + // int32
		"0100" + "01000000" + "65" + "05" + "01f0debc9a785634" + // int64
		"0100" + "01000000" + "66" + "06" + "80f1a38e9b010000" + // date
		"0100" + "01000000" + "67" + "07" + "02000000" + "4142" + // bytes
		"0200" + "05000000" + "0300" + "02000000" + "6e6f" + "0400" + "07000000" + "0000")
	require.NoError(t, err)
	f, err := decode(b)
	require.NoError(t, err)
	require.Equal(t, frame{kind: frameSend, status: 5, phrase: "no", flag: 7, custom: []field{{"a", nil}, {"b", byte(255)}, {"c", int64(-2)}, {"d", int64(-2)},
		{"e", int64(0x3456789abcdef001)}, {"f", int64(0x19b8ea3f180)}, {"g", "AB"}}}, f)
	doc, err := f.document()
	require.NoError(t, err)
	require.Equal(t, `{"b":255,"c":-2,"d":-2,"e":3771334343958392833,"f":1767624667520,"g":"AB"}`, string(doc))
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := frame{kind: rapid.Byte().Draw(t, "kind"), status: rapid.Uint32().Draw(t, "status"), phrase: rapid.String().Draw(t, "phrase"),
			flag: rapid.Uint32().Draw(t, "flag"), token: rapid.String().Draw(t, "token")}
		value := rapid.OneOf(rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
			rapid.Map(rapid.Byte(), func(b byte) any { return b }), rapid.Just[any](nil))
		for range rapid.IntRange(0, 5).Draw(t, "fields") {
			f.custom = append(f.custom, field{rapid.String().Draw(t, "name"), value.Draw(t, "value")})
		}
		b := f.encode()
		got, err := decode(b)
		require.NoError(t, err)
		require.Equal(t, f, got)
		cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if _, err := decode(b[:cut]); err == nil {
			t.Fatalf("half a frame was taken for a whole one: %x of %x", b[:cut], b)
		}
	})
}

func FuzzDecode(f *testing.F) {
	b, _ := hex.DecodeString(published)
	f.Add(b)
	f.Add(frame{kind: frameConnectAck, token: "t"}.encode())
	f.Add(frame{kind: frameSend, custom: []field{{kindField, byte(kindData)}, {"id", int64(1)}, {"topic", "a"}, {"content", "{}"}}}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		one, err := decode(b)
		if err != nil {
			require.Equal(t, frame{}, one)
			return
		}
		_ = one.about()
		if _, err := one.document(); err != nil {
			t.Fatal(err)
		}
		again, err := decode(one.encode())
		require.NoError(t, err)
		require.Equal(t, one, again)
	})
}

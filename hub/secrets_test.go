package hub

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func ring(t require.TestingT, secret string) *keyring {
	k, err := newKeyring([]byte(secret))
	require.NoError(t, err)
	return k
}

func TestASealedSecretOpensUnderItsKeyAlone(t *testing.T) {
	mine, other := ring(t, "a key of more than sixteen bytes"), ring(t, "another key of sixteen bytes and more")
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.StringN(1, 200, -1).Filter(func(s string) bool { return len(s) < len(sealedPrefix) || s[:len(sealedPrefix)] != sealedPrefix }).Draw(t, "plain")
		sealed := mine.seal(plain)
		require.NotEqual(t, plain, sealed)
		require.NotEqual(t, sealed, mine.seal(plain), "equal secrets do not look equal")
		require.Equal(t, sealed, mine.seal(sealed), "sealing twice is sealing once")
		opened, err := mine.open(sealed)
		require.NoError(t, err)
		require.Equal(t, plain, opened)
		_, err = other.open(sealed)
		require.ErrorContains(t, err, "LEADHUB_SECRET_KEY")
	})
	_, err := mine.open(sealedPrefix + "AAAA")
	require.Error(t, err)
	_, err = newKeyring([]byte("short"))
	require.Error(t, err)
}

func TestMasksStandForTheSecretsThatAreThere(t *testing.T) {
	old := []any{"one", "two"}
	for _, c := range []struct {
		sent, want []any
	}{
		{[]any{Mask, Mask}, []any{"one", "two"}},
		{[]any{Mask, Mask, "three"}, []any{"one", "two", "three"}},
		{[]any{"zero", Mask}, []any{"zero", "one"}},
		{[]any{Mask}, []any{"one"}},
		{[]any{"new"}, []any{"new"}},
		{[]any{Mask, Mask, Mask}, []any{"one", "two"}},
		{[]any{}, []any{}},
	} {
		require.Equal(t, c.want, unmasked(c.sent, old), "%v", c.sent)
	}
	require.Empty(t, unmasked([]any{Mask}, nil), "a mask is never a secret itself")
}

func TestASecretInAFileIsMadeOnceAndReadableByItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	one, err := FileSecret(dir, "admin-token")
	require.NoError(t, err)
	require.Greater(t, len(one), 32)
	info, err := os.Stat(filepath.Join(dir, "admin-token"))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	again, err := FileSecret(dir, "admin-token")
	require.NoError(t, err)
	require.Equal(t, one, again)
	other, err := FileSecret(dir, "secret-key")
	require.NoError(t, err)
	require.NotEqual(t, one, other)
}

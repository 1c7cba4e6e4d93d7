package hub

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sealedPrefix marks a secret setting at rest. Mask stands for it wherever people look.
const (
	sealedPrefix = "sealed:v1:"
	Mask         = "••••••"
)

// keyring holds the keys derived from the hub's one secret.
type keyring struct {
	aead cipher.AEAD
	ids  []byte // seals submission ids
}

func newKeyring(secret []byte) (*keyring, error) {
	if len(secret) < 16 {
		return nil, errors.New("the secret key is shorter than 16 bytes; set LEADHUB_SECRET_KEY to at least 32 random characters")
	}
	block, err := aes.NewCipher(derive(secret, "settings"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &keyring{aead: aead, ids: derive(secret, "submission ids")}, nil
}

// derive makes a key for one purpose, so that no two uses share one.
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "leadhub "+purpose, 32)
	if err != nil {
		panic(err) // only for absurd lengths
	}
	return key
}

// SessionKey is the key of the console's sessions.
func SessionKey(secret []byte) []byte { return derive(secret, "console sessions") }

func (k *keyring) seal(plain string) string {
	if plain == "" || strings.HasPrefix(plain, sealedPrefix) {
		return plain
	}
	nonce := make([]byte, k.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return sealedPrefix + base64.RawStdEncoding.EncodeToString(k.aead.Seal(nonce, nonce, []byte(plain), nil))
}

func (k *keyring) open(sealed string) (string, error) {
	text, ok := strings.CutPrefix(sealed, sealedPrefix)
	if !ok {
		return sealed, nil
	}
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(data) < k.aead.NonceSize() {
		return "", errors.New("a sealed secret is damaged; enter it again")
	}
	n := k.aead.NonceSize()
	plain, err := k.aead.Open(nil, data[:n], data[n:], nil)
	if err != nil {
		return "", errors.New("a secret was sealed under another LEADHUB_SECRET_KEY; start with that key or enter the secret again")
	}
	return string(plain), nil
}

// mapSecrets applies fn to the secret settings of a source, which are strings or lists of strings, in a copy.
func mapSecrets(settings map[string]any, secret []string, fn func(string) (string, error)) (map[string]any, error) {
	out := make(map[string]any, len(settings))
	for k, v := range settings {
		out[k] = v
	}
	for _, name := range secret {
		switch v := out[name].(type) {
		case string:
			s, err := fn(v)
			if err != nil {
				return nil, fmt.Errorf("setting %s: %w", name, err)
			}
			out[name] = s
		case []any:
			list := make([]any, len(v))
			for i, e := range v {
				s, err := fn(fmt.Sprint(e))
				if err != nil {
					return nil, fmt.Errorf("setting %s: %w", name, err)
				}
				list[i] = s
			}
			out[name] = list
		case []string:
			list := make([]any, len(v))
			for i, e := range v {
				s, err := fn(e)
				if err != nil {
					return nil, fmt.Errorf("setting %s: %w", name, err)
				}
				list[i] = s
			}
			out[name] = list
		}
	}
	return out, nil
}

// FileSecret reads a secret from a file, or makes a random one there, readable by the owner alone.
func FileSecret(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	secret := rand.Text() + rand.Text()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := f.WriteString(secret + "\n"); err != nil {
		return "", err
	}
	return secret, f.Sync()
}

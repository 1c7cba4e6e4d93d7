package wjx

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

// block decrypts with one AES key.
type block = cipher.Block

// openKeys reads AES keys of 16, 24 or 32 bytes.
func openKeys(keys []string, format string) ([]block, error) {
	var out []block
	for _, text := range keys {
		key, err := []byte(text), error(nil)
		switch format {
		case formatBase64:
			key, err = base64.StdEncoding.DecodeString(text)
		case formatHex:
			key, err = hex.DecodeString(text)
		}
		b, keyErr := aes.NewCipher(key)
		if err != nil || keyErr != nil {
			return nil, badSettings("an AES key is not 16, 24 or 32 bytes long, or not written as aes_key_format says", "copy the key out of the settings of the survey's redirect")
		}
		out = append(out, b)
	}
	return out, nil
}

// One text for everything that can be wrong with content: which it was would help to guess what others have posted.
var errContent = lead.Unauthorized("bad_signature", "the content cannot be decrypted with the key of this source",
	"check that the AES key is that of the survey's redirect")

// decrypt opens content: base64 of 16 bytes of IV and the AES-CBC ciphertext of a JSON object, padded as PKCS #7 says.
func (s *source) decrypt(content string) ([]byte, error) {
	content = strings.ReplaceAll(strings.Trim(content, "\r\n\t"), " ", "+") // a plus that was posted bare is read as a space
	data, err := base64.StdEncoding.DecodeString(content)
	if err != nil || len(data) < 2*aes.BlockSize || len(data)%aes.BlockSize != 0 {
		return nil, errContent
	}
	iv, data := data[:aes.BlockSize], data[aes.BlockSize:]
	for _, b := range s.carried {
		plain := make([]byte, len(data))
		cipher.NewCBCDecrypter(b, iv).CryptBlocks(plain, data)
		if n := int(plain[len(plain)-1]); n >= 1 && n <= aes.BlockSize && padded(plain, n) {
			if plain = plain[:len(plain)-n]; answers(plain) {
				return plain, nil
			}
		}
	}
	return nil, errContent
}

func padded(plain []byte, n int) bool {
	for _, b := range plain[len(plain)-n:] {
		if int(b) != n {
			return false
		}
	}
	return true
}

// answers reports whether this is an answer: bytes that were decrypted with a wrong key never are.
func answers(plain []byte) bool {
	var object map[string]json.RawMessage
	return utf8.Valid(plain) && json.Unmarshal(plain, &object) == nil && (object["activity"] != nil || object["joinid"] != nil)
}

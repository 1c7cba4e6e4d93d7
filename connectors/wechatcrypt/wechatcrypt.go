// Package wechatcrypt opens and makes the envelopes of the WeChat family: WeChat official accounts and mini-programs, WeCom,
// DingTalk and others that took the scheme over.
//
// The signature is the hex SHA-1 of token, timestamp, nonce and the encrypted text, put into byte order and joined. The
// encrypted text is base64 of AES-256-CBC under the key that base64 decoding EncodingAESKey+"=" gives, with the first 16
// bytes of the key as IV and PKCS#7 padding to 32 bytes. Inside are 16 random bytes, the length of the message in 4 bytes
// (big endian), the message, and the id of the receiver (appid, corpid, suite id …).
//
// Sources: developers.weixin.qq.com "Message encryption and decryption", developer.work.weixin.qq.com/document/path/90968,
// open.dingtalk.com "Configure the HTTP push".
package wechatcrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

const (
	block    = 32 // of the padding; AES itself has 16
	randomly = 16 // bytes before the message
	minimum  = randomly + 4
)

// Crypter opens envelopes for one receiver. It is safe for concurrent use.
type Crypter struct {
	tokens    []string
	keys      []key
	receivers []string
}

// key is one EncodingAESKey.
type key struct {
	block cipher.Block
	iv    []byte
}

// New makes a Crypter. Several tokens and keys are all valid, for rotation: the current ones first. An envelope must be addressed
// to one of receivers; with none, to nobody, as some robots of WeCom are. Errors name what is wrong and show no secret.
func New(tokens, aesKeys, receivers []string) (*Crypter, error) {
	c := &Crypter{tokens: tokens, receivers: receivers}
	if len(receivers) == 0 {
		c.receivers = []string{""}
	}
	if len(tokens) == 0 || slices.Contains(tokens, "") {
		return nil, badSettings("the token is empty")
	}
	if len(aesKeys) == 0 {
		return nil, badSettings("there is no EncodingAESKey")
	}
	for _, text := range aesKeys {
		// Not strict: the last of the 43 characters holds bits that belong to no byte, and vendors' own samples set them.
		raw, err := base64.StdEncoding.DecodeString(text + "=")
		if len(text) != 43 || err != nil || len(raw) != 32 {
			return nil, badSettings("an EncodingAESKey has 43 letters and digits")
		}
		b, err := aes.NewCipher(raw)
		if err != nil {
			return nil, badSettings("an EncodingAESKey has 43 letters and digits")
		}
		c.keys = append(c.keys, key{block: b, iv: raw[:aes.BlockSize]})
	}
	return c, nil
}

func badSettings(message string) error {
	return lead.Invalid("bad_settings", message, "copy token and EncodingAESKey from the vendor's console again")
}

var (
	errUnsigned     = lead.Unauthorized("unsigned", "the request carries no signature", "only the vendor's servers post here")
	errBadSignature = lead.Unauthorized("bad_signature", "the signature does not fit this request",
		"check that token and EncodingAESKey are the same on both sides")
	errUndecipherable = lead.Unauthorized("bad_encryption", "the message was not encrypted for this source",
		"check EncodingAESKey and the id of the receiver; keep the previous key in the list while it is being changed")
)

// Sign is the signature of parts under a token: timestamp and nonce, and the encrypted text where there is one.
func Sign(token string, parts ...string) string {
	all := append([]string{token}, parts...)
	slices.Sort(all)
	sum := sha1.Sum([]byte(strings.Join(all, "")))
	return hex.EncodeToString(sum[:])
}

// Verify checks a signature over parts, in constant time. Errors are KindUnauthorized, with code unsigned or bad_signature.
func (c *Crypter) Verify(signature string, parts ...string) error {
	if signature == "" || slices.Contains(parts, "") {
		return errUnsigned
	}
	signature = strings.ToLower(signature)
	valid := make([]string, len(c.tokens))
	for i, token := range c.tokens {
		valid[i] = Sign(token, parts...)
	}
	if !connectors.EqualToken(signature, valid) {
		return errBadSignature
	}
	return nil
}

// Message is an envelope that was opened.
type Message struct {
	Text     []byte
	Receiver string
	key      key
}

// Open verifies and decrypts. The error is KindUnauthorized: unsigned, bad_signature, or bad_encryption when no key decrypts it
// or it is addressed to another receiver.
func (c *Crypter) Open(signature, timestamp, nonce, encrypted string) (Message, error) {
	if err := c.Verify(signature, timestamp, nonce, encrypted); err != nil {
		return Message{}, err
	}
	return c.Decrypt(encrypted)
}

// Decrypt does not verify: it is for what was verified before.
func (c *Crypter) Decrypt(encrypted string) (Message, error) {
	data, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return Message{}, errUndecipherable
	}
	for _, k := range c.keys {
		if m, ok := k.open(data); ok && slices.Contains(c.receivers, m.Receiver) {
			return m, nil
		}
	}
	return Message{}, errUndecipherable
}

func (k key) open(data []byte) (Message, bool) {
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(k.block, k.iv).CryptBlocks(plain, data)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > block || pad > len(plain)-minimum {
		return Message{}, false
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return Message{}, false
		}
	}
	plain = plain[:len(plain)-pad]
	length := uint64(binary.BigEndian.Uint32(plain[randomly:]))
	rest := plain[minimum:]
	if length > uint64(len(rest)) {
		return Message{}, false
	}
	return Message{Text: rest[:length], Receiver: string(rest[length:]), key: k}, true
}

// Envelope is what an encrypted answer consists of.
type Envelope struct {
	Encrypt, Signature, Timestamp, Nonce string
}

// Reply encrypts an answer to m for its sender, with the key that m was encrypted with and the current token.
func (c *Crypter) Reply(m Message, text []byte, timestamp, nonce string) Envelope {
	k := m.key
	if k.block == nil {
		k = c.keys[0]
	}
	plain := make([]byte, minimum, minimum+len(text)+len(m.Receiver)+block)
	_, _ = rand.Read(plain[:randomly]) // it never fails
	binary.BigEndian.PutUint32(plain[randomly:], uint32(len(text)))
	plain = append(append(plain, text...), m.Receiver...)
	pad := block - len(plain)%block
	for range pad {
		plain = append(plain, byte(pad))
	}
	cipher.NewCBCEncrypter(k.block, k.iv).CryptBlocks(plain, plain)
	encrypted := base64.StdEncoding.EncodeToString(plain)
	return Envelope{Encrypt: encrypted, Signature: Sign(c.tokens[0], timestamp, nonce, encrypted), Timestamp: timestamp, Nonce: nonce}
}

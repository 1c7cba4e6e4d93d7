package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"

	"github.com/wneessen/go-mail"
)

// mail sends a message to the address of the rep, over TLS or not at all.
func (p *poster) mail(ctx context.Context, t *Target, setup *Setup, m *message) *Failure {
	s := t.Mail
	to := m.items[0].rep.Notify.Email
	if to == "" {
		return failed(permanent, "no_contact", "the rep has no email address", "set notify.email of the rep, then send again what was given up")
	}
	letter := mail.NewMsg()
	if err := errors.Join(letter.From(s.From), letter.To(to)); err != nil {
		return failed(permanent, "bad_address", "the address of the rep or of the sender cannot be used", "mend it, then send again what was given up")
	}
	letter.Subject(subject(t.Language, m))
	letter.SetMessageIDWithValue(m.id + "@leadhub") // mail programs show one that came twice once
	letter.SetDateWithValue(p.now())
	letter.SetBodyString(mail.TypeTextPlain, render(t, setup, m))

	options := []mail.Option{mail.WithPort(s.Port), mail.WithTimeout(mailPatience), mail.WithTLSPolicy(mail.TLSMandatory),
		mail.WithTLSConfig(&tls.Config{ServerName: s.Host, RootCAs: p.roots, MinVersion: tls.VersionTLS12})}
	if s.TLS == "tls" {
		options = append(options, mail.WithSSL())
	}
	if s.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.Username), mail.WithPassword(s.Password))
	}
	client, err := mail.NewClient(s.Host, options...)
	if err != nil {
		return failed(permanent, "bad_mail_server", "the mail server cannot be used as it is set up", "check host, port and tls")
	}
	ctx, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return mailFailure(err)
	}
	if err := client.SendWithSMTPClient(connection, letter); err != nil {
		_ = connection.Close()
		return mailFailure(err)
	}
	_ = client.CloseWithSMTPClient(connection) // it was taken, however the goodbye goes
	return nil
}

// mailFailure says what a mail server did not like. Its own words may hold addresses.
func mailFailure(err error) *Failure {
	var sending *mail.SendError
	var said *textproto.Error // of the greeting, the login and TLS
	switch {
	case errors.As(err, &sending) && sending.ErrorCode() != 0:
		return smtpFailure(sending.ErrorCode())
	case errors.As(err, &said):
		return smtpFailure(said.Code)
	}
	return network(err)
}

// smtpFailure: 4xx is "not now", 5xx "never" (RFC 5321, 4.2.1).
func smtpFailure(code int) *Failure {
	name, reason := "smtp_"+strconv.Itoa(code), fmt.Sprintf("the mail server answered %d", code)
	if code >= 400 && code < 500 {
		return failed(transient, name, reason, "look at the mail server; it is tried again")
	}
	return failed(permanent, name, reason, "check sender, password and the rep's address, then send again what was given up")
}

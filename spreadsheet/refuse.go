package spreadsheet

import (
	"fmt"

	"github.com/leadhub/leadhub/lead"
)

const saveAsXLSX = "open it in Excel or WPS, save it as “Excel Workbook (.xlsx)” and upload that"

func refuse(code, message, hint string) *lead.Error { return lead.Invalid(code, message, hint) }

func tooLarge(code, message, hint string) *lead.Error {
	return &lead.Error{Kind: lead.KindTooLarge, Code: code, Message: message, Hint: hint}
}

// damaged is a file that says one thing here and another there, or stops in the middle.
func damaged(where string, cause error) *lead.Error {
	return &lead.Error{Kind: lead.KindInvalid, Code: "damaged_file", Err: cause,
		Message: "the file is damaged or incomplete: " + where,
		Hint:    "upload it again; if that fails, " + saveAsXLSX}
}

func truncated(where string) *lead.Error {
	return &lead.Error{Kind: lead.KindInvalid, Code: "truncated_file",
		Message: "the file ends too early: " + where,
		Hint:    "the upload or the export was cut short; export and upload it again"}
}

func bomb(message string) *lead.Error {
	return tooLarge("zip_bomb", message, "upload a file that Excel or WPS saved; split it when it is really this large")
}

func tooManyRows(limit int) *lead.Error {
	return tooLarge("too_many_rows", fmt.Sprintf("the sheet has more than %d rows", limit), "split the file and upload the parts")
}

func tooManyColumns(row, limit int) *lead.Error {
	return tooLarge("too_many_columns", fmt.Sprintf("row %d has a value beyond column %d", row, limit),
		"delete the columns on the right that do not belong to the table")
}

func textTooLong(where string, limit int) *lead.Error {
	return tooLarge("text_too_long", fmt.Sprintf("%s holds more than %d characters, more than Excel itself allows", where, limit),
		"shorten that text, or remove the column")
}

func rowTooLarge(row, limit int) *lead.Error {
	return tooLarge("row_too_large", fmt.Sprintf("row %d holds more than %d bytes of text", row, limit),
		"a quote may be missing, or this is not a table; look at that row")
}

func internal(message string, cause error) *lead.Error {
	return &lead.Error{Kind: lead.KindInternal, Code: "internal", Message: message, Err: cause,
		Hint: "look into the hub's log; the same request may succeed later"}
}

func (r *Row) notice(code, message, hint string) {
	for _, n := range r.Notices {
		if n.Code == code {
			return
		}
	}
	r.Notices = append(r.Notices, Notice{Code: code, Message: message, Hint: hint})
}

var macrosIgnored = Notice{Code: "macros_ignored", Message: "the workbook contains macros; only its cells were read"}

package excel_test

import (
	"testing"

	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/excel"
)

func TestTheReadmeListsTheSettingsOfTheSpec(t *testing.T) {
	connectortest.CheckReadme(t, excel.Connector{}.Spec())
}

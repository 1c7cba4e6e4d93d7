package lead_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestATypoIsToldFromAnotherName(t *testing.T) {
	among := []string{"webform", "wechat", "wecom", "excel", "A", "B", "华东组"}
	for name, meant := range map[string]string{"wechatt": "wechat", "ewchat": "wechat", "WeChat": "wechat", "webfrom": "webform", "webfrm": "webform",
		"华东": "华东组", "telegram": "", "x": "", "": "", "pigeon": ""} {
		require.Equal(t, meant, lead.Nearest(name, among), name)
	}
	require.Empty(t, lead.Nearest("E", nil))
}

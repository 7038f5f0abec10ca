package words

import "strings"

// ShortHash is, of a commit's whole hash (40 or 64 digits, small letters), as much as
// tells it from any other of its repository; any other text is left as it is.
func ShortHash(value string) string {
	if (len(value) == 40 || len(value) == 64) && strings.Trim(value, "0123456789abcdef") == "" {
		return value[:12]
	}
	return value
}

package manifest

import (
	"testing"
	"time"
)

func TestWhenAnImageWasBuilt(t *testing.T) {
	for what, test := range map[string]struct{ text, want string }{
		"a configuration":             {`{"created":"2020-01-02T03:04:05Z","history":[{"created":"2021-01-01T00:00:00Z"}]}`, "2020-01-02T03:04:05Z"},
		"one with a fraction":         {`{"created":"2020-01-02T03:04:05.678901234Z"}`, "2020-01-02T03:04:05.678901234Z"},
		"one of another time zone":    {`{"created":"2020-01-02T03:04:05+02:00"}`, "2020-01-02T01:04:05Z"},
		"a reproducible build's":      {`{"created":"1970-01-01T00:00:00Z"}`, "1970-01-01T00:00:00Z"},
		"the newest layer of schema1": {`{"history":[{"v1Compatibility":"{\"created\":\"2020-01-01T00:00:00Z\"}"},{"v1Compatibility":"{\"created\":\"2020-06-01T00:00:00Z\"}"},{"v1Compatibility":"{}"}]}`, "2020-06-01T00:00:00Z"},
		"a layer of schema1 damaged":  {`{"history":[{"v1Compatibility":"{"},{"v1Compatibility":"{\"created\":\"2020-06-01T00:00:00Z\"}"}]}`, "2020-06-01T00:00:00Z"},
		"none":                        {`{"architecture":"amd64"}`, ""},
		"null":                        {`{"created":null}`, ""},
		"empty":                       {`{"created":""}`, ""},
		"the year 1":                  {`{"created":"0001-01-01T00:00:00Z"}`, ""},
		"a number":                    {`{"created":1577934245}`, ""},
		"a time without a zone":       {`{"created":"2020-01-02T03:04:05"}`, ""},
		"no JSON":                     {`PK`, ""},
		"nothing":                     {``, ""},
	} {
		created, known := Created([]byte(test.text))
		got := ""
		if known {
			got = created.UTC().Format(time.RFC3339Nano)
		}
		if got != test.want {
			t.Errorf("%s: built %q; want %q", what, got, test.want)
		}
	}
}

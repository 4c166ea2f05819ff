package manifest

import (
	"encoding/json"
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
		"the year 0":                  {`{"created":"0000-01-01T00:00:00Z"}`, ""},
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

// FuzzCreated: it says what the standard library's decoder does.
func FuzzCreated(f *testing.F) {
	for _, text := range []string{
		`{"created":"2020-01-02T03:04:05Z","history":[{"created":"2021-01-01T00:00:00Z"},null]}`,
		`{"history":[{"v1Compatibility":"{\"created\":\"2020-01-01T00:00:00Z\"}"},{"v1compatibility":null}],"Created":"2019-01-02T03:04:05Z"}`,
		`{"created":"2020-01-02T03:04:05Z","created":null,"history":null}`,
		`{"created":"2020-01-02T03:04:05Z","created":7}`, `{"created":{},"history":{}}`, `{"created":"2020-01-02T03:04:05Z","history":[7]}`,
		`{"created":"2020-01-02T03:04:05Z","history":[{"v1Compatibility":7}]}`, `{"history":[{"v1Compatibility":"x"},[]]}`, `{"history":7,"history":[{}]}`,
		`{"history":[{"v1Compatibility":"{\"created\":\"2021-01-01T00:00:00Z\"}","v1Compatibility":"{\"created\":\"2020-01-01T00:00:00Z\"}"}],"history":[{}]}`,
		`null`, `[]`, `{"created":`,
		`{"created":"2020-01-02T03:04:05Z"} x`, "{\"created\":\"2020-01-02T03:04:05Z\\u0000\"}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var image struct {
			Created time.Time       `json:"created"`
			History json.RawMessage `json:"history"`
		}
		var history []struct {
			V1Compatibility string `json:"v1Compatibility"`
		}
		var want time.Time
		err := json.Unmarshal(data, &image)
		if err == nil && image.History != nil {
			err = json.Unmarshal(image.History, &history)
		}
		if err == nil {
			want = image.Created
			for _, layer := range history {
				var v1 struct {
					Created time.Time `json:"created"`
				}
				if json.Unmarshal([]byte(layer.V1Compatibility), &v1) == nil && v1.Created.After(want) {
					want = v1.Created
				}
			}
		}
		if !want.After(time.Time{}) { // years before 1
			want = time.Time{}
		}
		if got, known := Created(data); !got.Equal(want) || known == want.IsZero() {
			t.Fatalf("%s; want %s\n%q", got, want, data)
		}
	})
}

package manifest

import (
	"encoding/json"
	"time"
)

// Created is when an image was built: as its configuration says, or the newest
// layer in the history of a schema 1 manifest. It is false where data says
// nothing of it, or nothing that is a time.
func Created(data []byte) (created time.Time, known bool) {
	var image struct {
		Created time.Time `json:"created"`
		History []struct {
			V1Compatibility string `json:"v1Compatibility"`
		} `json:"history"`
	}
	if json.Unmarshal(data, &image) != nil {
		return time.Time{}, false
	}
	created = image.Created
	for _, layer := range image.History {
		var v1 struct {
			Created time.Time `json:"created"`
		}
		if json.Unmarshal([]byte(layer.V1Compatibility), &v1) == nil && v1.Created.After(created) {
			created = v1.Created
		}
	}
	return created, !created.IsZero()
}

package report

import (
	"fmt"
	"time"

	"regjanitor/internal/usage"
)

// Usage is the JSON document of du. Its rows add up to the total, byte for byte.
type Usage struct {
	Header
	By               string     `json:"by"`
	TotalBytes       int64      `json:"total_bytes"`
	ReclaimableBytes int64      `json:"reclaimable_bytes"`
	FreeBytes        int64      `json:"free_bytes"`
	Rows             []UsageRow `json:"rows"`
}

// UsageRow is a usage.Row under the contract's names.
type UsageRow struct {
	Kind             string     `json:"kind"`
	Repository       string     `json:"repository"`
	Tag              string     `json:"tag"`
	Aliases          []string   `json:"aliases"`
	Digest           string     `json:"digest"`
	Media            string     `json:"media"`
	Tags             int        `json:"tags"`
	Untagged         int        `json:"untagged"`
	Repositories     int        `json:"repositories"`
	Bytes            int64      `json:"bytes"`
	ExclusiveBytes   int64      `json:"exclusive_bytes"`
	SharedBytes      int64      `json:"shared_bytes"`
	ReclaimableBytes int64      `json:"reclaimable_bytes"`
	Pushed           *time.Time `json:"pushed"`
}

// UsageOf puts what takes the space into a document; nil is of nothing.
func UsageOf(u *usage.Usage, by string, free int64) *Usage {
	if u == nil {
		u = &usage.Usage{}
	}
	doc := &Usage{By: by, TotalBytes: u.Total, ReclaimableBytes: u.Reclaimable, FreeBytes: free, Rows: make([]UsageRow, len(u.Rows))}
	for i, r := range u.Rows {
		doc.Rows[i] = UsageRow{
			r.Kind, r.Repository, r.Tag, append([]string{}, r.Aliases...), r.Digest.String(), r.Media, r.Tags, r.Untagged, r.Repositories,
			r.Bytes, r.Exclusive, r.Shared, r.Reclaimable, when(r.Pushed),
		}
	}
	return doc
}

// UsageLine is the whole document in one line.
func UsageLine(u *Usage) string {
	return fmt.Sprintf("%s in all; sweep frees %s; %s free", Size(u.TotalBytes), Size(u.ReclaimableBytes), Size(u.FreeBytes))
}

package report

import "time"

// Usage is the JSON document of du. Its rows add up to the total, byte for byte.
type Usage struct {
	Header
	By               string     `json:"by"`
	TotalBytes       int64      `json:"total_bytes"`
	ReclaimableBytes int64      `json:"reclaimable_bytes"`
	FreeBytes        int64      `json:"free_bytes"`
	Rows             []UsageRow `json:"rows"`
}

// UsageRow is what one repository, tag or layer takes, or what none of them takes
// alone. Bytes is what the row adds to the total; the others say what is in it,
// and SharedBytes what it needs besides and others need too.
type UsageRow struct {
	Kind             string     `json:"kind"` // repository, tag, layer, shared, kept, garbage, orphans, uploads, leftovers, links, other_files, others
	Repository       string     `json:"repository"`
	Tag              string     `json:"tag"`
	Digest           string     `json:"digest"`
	Tags             int        `json:"tags"` // of a repository; of a layer, how many need it
	Untagged         int        `json:"untagged"`
	Repositories     int        `json:"repositories"` // of a layer, how many link it
	Bytes            int64      `json:"bytes"`
	ExclusiveBytes   int64      `json:"exclusive_bytes"`
	SharedBytes      int64      `json:"shared_bytes"`
	ReclaimableBytes int64      `json:"reclaimable_bytes"`
	Pushed           *time.Time `json:"pushed"`
}

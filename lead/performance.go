package lead

import "time"

// PerformanceQuery selects leads by when they came into the pool.
type PerformanceQuery struct {
	Since time.Time // not before; the zero time has no bound
	Until time.Time // before
}

// Performance tells how fast and how well leads were worked on. Leads that went into others are not counted.
type Performance struct {
	BySource []Speed  `json:"by_source"` // source of the first touch; sorted by key
	ByRule   []Speed  `json:"by_rule"`   // that gave the lead to its owner last; "" is a person, or nobody yet
	ByRep    []Speed  `json:"by_rep"`    // its owner; "" is nobody
	Funnel   []Funnel `json:"funnel"`    // by source, then campaign
	Use      []Use    `json:"use"`       // of reps, by key
}

// Speed is how long leads waited, in seconds from when they came into the pool.
type Speed struct {
	Key        string `json:"key"`
	Leads      int64  `json:"leads"`
	Assignment Spread `json:"assignment"` // until somebody owned it first
	Contact    Spread `json:"contact"`    // until the first follow-up that reached the person
}

// Spread sums up some durations in seconds.
type Spread struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
}

// Funnel counts what became of the leads of a source and campaign.
type Funnel struct {
	Source    string            `json:"source"`
	Campaign  string            `json:"campaign"`
	Leads     int64             `json:"leads"`
	Assigned  int64             `json:"assigned"` // had an owner at least once
	Contacted int64             `json:"contacted"`
	Converted int64             `json:"converted"`
	Amounts   map[string]string `json:"amounts"` // of the converted, by currency, as Course.Amount
}

// Use is what a rep has of his limits on a day of the hub.
type Use struct {
	RepState
	Daily   int  `json:"daily"`   // his limit for a day; 0 = none
	Holding int  `json:"holding"` // his holding limit; 0 = none
	Gone    bool `json:"gone"`    // he is in the configuration no more
}

package lead

import "time"

// NextDay is when the day after that of t begins in a zone: always after t. That is midnight, unless the clocks go forward at midnight
// (Chile, Cuba, Egypt): then it is the moment at which they do.
func NextDay(t time.Time, zone *time.Location) time.Time {
	year, month, day := t.In(zone).Date()
	at := time.Date(year, month, day+1, 0, 0, 0, 0, zone)
	for at.Day() == day { // of a midnight that is left out, [time.Date] may give the hour before
		at = at.Add(30 * time.Minute)
	}
	return at
}

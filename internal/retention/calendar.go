package retention

import (
	"fmt"
	"time"
)

// calendar is one of the rules that keep the latest of each period.
type calendar struct {
	code   ReasonCode
	key    string
	count  func(*Rule) int
	period func(time.Time) (year, part int) // which one a time in UTC belongs to
	show   func(time.Time) string
}

var calendars = []calendar{
	{Daily, "keep_daily", func(r *Rule) int { return r.KeepDaily }, func(t time.Time) (int, int) { return t.Year(), t.YearDay() }, func(t time.Time) string { return t.Format(time.DateOnly) }},
	{Weekly, "keep_weekly", func(r *Rule) int { return r.KeepWeekly }, time.Time.ISOWeek, week},
	{Monthly, "keep_monthly", func(r *Rule) int { return r.KeepMonthly }, func(t time.Time) (int, int) { return t.Year(), int(t.Month()) }, func(t time.Time) string { return t.Format("2006-01") }},
}

// keepCalendar keeps the latest of each of the latest count periods that have
// any. While they are not all found, the oldest tag stays too: it is what
// reaches furthest back.
func (j *judgement) keepCalendar(byTime []int32, c calendar, count int) {
	found := 0
	var last [2]int // none is this
	for n, i := range byTime {
		if found == count {
			return
		}
		t := j.verdicts[i].Time
		year, part := c.period(t)
		switch period := [2]int{year, part}; {
		case period != last:
			last = period
			found++
			j.because(i, c.code, "latest of %s, %d of %s: %d", c.show(t), found, c.key, count)
		case n == len(byTime)-1:
			j.because(i, c.code, "oldest, and %s: %d is not reached", c.key, count)
		}
	}
}

func week(t time.Time) string {
	year, week := t.ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, week)
}

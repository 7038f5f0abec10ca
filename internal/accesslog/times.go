package accesslog

import (
	"bytes"
	"time"
)

// at takes a time, in one of the forms that logs have, and reports whether it is
// one. A time with a fraction stands before one of whole seconds.
func (p *Parser) at(text []byte) bool {
	at, zone, whole, ok := p.clf(text)
	if !ok {
		at, zone, whole, ok = iso(text)
	}
	if !ok {
		at, whole, ok = epoch(text)
	}
	if ok && (!p.timed || p.line.Whole && !whole) {
		p.line.Time, p.line.Whole, p.timed = at, whole, true
		if zone != unknownZone {
			p.line.Zone = zone
		}
	}
	return ok
}

// unknownZone is that of a time that is written without one.
const unknownZone = 1 << 30

// clf reads 29/Nov/2026:09:22:27 +0100, with a fraction of the second or none.
func (p *Parser) clf(text []byte) (at int64, zone int32, whole, ok bool) {
	if len(text) < 20 || text[2] != '/' || text[6] != '/' || text[11] != ':' {
		return 0, 0, false, false
	}
	if day := [11]byte(text[:11]); day != p.day {
		d, m, y := number(text[:2]), month(text[3:6]), number(text[7:11])
		midnight, ok := midnightOf(y, m, d)
		if !ok {
			return 0, 0, false, false
		}
		p.day, p.midnight = day, midnight
	}
	return clock(p.midnight, text[12:])
}

// iso reads 2026-11-29T09:22:27+01:00, with a space for the T, with a fraction
// of the second, and with a zone or none, which is taken for UTC.
func iso(text []byte) (at int64, zone int32, whole, ok bool) {
	if len(text) < 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T' && text[10] != ' ' && text[10] != 't' {
		return 0, 0, false, false
	}
	midnight, ok := midnightOf(number(text[:4]), number(text[5:7]), number(text[8:10]))
	if !ok {
		return 0, 0, false, false
	}
	return clock(midnight, text[11:])
}

// clock reads 09:22:27, a fraction and a zone, and adds them to midnight, which
// is in seconds since 1970.
func clock(midnight int64, text []byte) (at int64, zone int32, whole, ok bool) {
	if len(text) < 8 || text[2] != ':' || text[5] != ':' {
		return 0, 0, false, false
	}
	h, m, s := number(text[:2]), number(text[3:5]), number(text[6:8])
	if h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 {
		return 0, 0, false, false
	}
	text, whole = text[8:], true
	var nanos int64
	if len(text) > 1 && (text[0] == '.' || text[0] == ',') && '0' <= text[1] && text[1] <= '9' {
		whole = false
		nanos, text = fraction(text[1:])
	}
	zone, ok = zoneOf(bytes.TrimPrefix(text, []byte{' '}))
	seconds := midnight + int64(h)*3600 + int64(m)*60 + int64(s)
	if zone != unknownZone {
		seconds -= int64(zone)
	}
	return seconds*1e9 + nanos, zone, whole, ok
}

// fraction reads digits behind the point, as nanoseconds.
func fraction(text []byte) (nanos int64, rest []byte) {
	unit := int64(1e8)
	for len(text) > 0 && '0' <= text[0] && text[0] <= '9' {
		nanos += int64(text[0]-'0') * unit
		unit /= 10
		text = text[1:]
	}
	return nanos, text
}

// zoneOf reads +0100, +01:00, Z or nothing, in seconds east of UTC.
func zoneOf(text []byte) (int32, bool) {
	switch {
	case len(text) == 0:
		return unknownZone, true
	case string(text) == "Z" || string(text) == "z" || string(text) == "UTC":
		return 0, true
	case len(text) < 5 || text[0] != '+' && text[0] != '-':
		return 0, false
	}
	h, rest := number(text[1:3]), text[3:]
	if rest[0] == ':' {
		rest = rest[1:]
	}
	m := number(rest)
	if len(rest) != 2 || h < 0 || h > 24 || m < 0 || m > 59 {
		return 0, false
	}
	zone := int32(h*3600 + m*60)
	if text[0] == '-' {
		zone = -zone
	}
	return zone, true
}

// epoch reads seconds since 1970, as $msec is, or milli-, micro- or nanoseconds.
func epoch(text []byte) (at int64, whole, ok bool) {
	whole = true
	count := text
	var nanos int64
	if i := bytes.IndexByte(text, '.'); i >= 0 {
		var rest []byte
		if nanos, rest = fraction(text[i+1:]); len(rest) > 0 {
			return 0, false, false
		}
		count, whole = text[:i], false
	}
	if !digits(count) {
		return 0, false, false
	}
	var v int64
	switch len(count) {
	case 10, 13, 16, 19:
		for _, c := range count {
			v = v*10 + int64(c-'0')
		}
	default:
		return 0, false, false
	}
	switch len(count) {
	case 10:
		return v*1e9 + nanos, whole, v < 1<<33
	case 13:
		return v*1e6 + nanos/1e3, false, v < 1<<43
	case 16:
		return v * 1e3, false, v < 1<<53
	}
	return v, false, v > 0
}

// number reads an unsigned number of a few digits; -1 when it is none.
func number(text []byte) int {
	v := 0
	for _, c := range text {
		if c < '0' || c > '9' || v > 1e6 {
			return -1
		}
		v = v*10 + int(c-'0')
	}
	return v
}

// months are the months as logs write them, three letters each.
const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// month returns 1 for Jan, and 0 for what is no month.
func month(text []byte) int {
	for i := 0; i < len(months); i += 3 {
		if string(text) == months[i:i+3] {
			return i/3 + 1
		}
	}
	return 0
}

// midnightOf returns the day's beginning in UTC, in seconds since 1970.
func midnightOf(year, month, day int) (int64, bool) {
	if year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 {
		return 0, false
	}
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return at.Unix(), at.Day() == day
}

package configs

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each kind of the file's type has one row, in the same order, and its row knows
// when it is set.
func TestEachKindHasARow(t *testing.T) {
	rows := FaultKinds()
	fields := slices.DeleteFunc(reflect.VisibleFields(faultType), func(f reflect.StructField) bool { return f.Type.Kind() != reflect.Pointer })
	if len(rows) != len(fields) {
		t.Fatalf("%d rows for %d kinds", len(rows), len(fields))
	}
	for i, field := range fields {
		name := field.Tag.Get("mapstructure")
		var f Fault
		reflect.ValueOf(&f).Elem().FieldByIndex(field.Index).Set(reflect.New(field.Type.Elem()))
		if rows[i].Name != name || f.Kind() != name {
			t.Errorf("row %d is %q, a fault with %s set is %q; want %q", i, rows[i].Name, field.Name, f.Kind(), name)
		}
		if k, ok := KindOf(name); !ok || k.Name != name {
			t.Errorf("KindOf(%q) is %q, %v", name, k.Name, ok)
		}
	}
	if _, ok := KindOf(""); ok || (Fault{}).Kind() != "" {
		t.Error("there is a kind without a name")
	}
}

// What calls do under each kind, as the kind's file in chaos says what a client sees.
func TestWhatKindsDo(t *testing.T) {
	const delay = time.Second
	named := func(holds func(FaultKind) bool) string {
		var names []string
		for _, k := range FaultKinds() {
			if holds(k) {
				names = append(names, k.Name)
			}
		}
		return strings.Join(names, " ")
	}
	for _, row := range []struct {
		does  string
		holds func(FaultKind) bool
		want  string
	}{
		{"make calls wait", func(k FaultKind) bool { return k.Waits(delay) }, "latency hang no_accept bandwidth slow_close slice dns slow_dial"},
		// Without a delay the answer's pieces, the failed lookup and the end come at once.
		{"make calls wait without a delay", func(k FaultKind) bool { return k.Waits(0) }, "hang no_accept bandwidth"},
		// Under slow_close a site may end a connection behind the whole answer.
		{"withhold connects or answers", func(k FaultKind) bool { return k.Withholds(delay) }, "latency hang no_accept bandwidth slice dns slow_dial"},
		{"cut", func(k FaultKind) bool { return k.Cuts }, "reset close down limit"},
		{"refuse", func(k FaultKind) bool { return k.Refuses }, "down dns"},
		{"answer", func(k FaultKind) bool { return k.Answers }, "http_error"},
		{"act on the listener", FaultKind.OnListener, "down no_accept"},
		{"always have a delay", func(k FaultKind) bool { return k.Sized }, "latency slow_close slow_dial"},
		{"need the egress", func(k FaultKind) bool { return k.EgressOnly }, "dns slow_dial"},
		// A kind is good for something.
		{"do nothing", func(k FaultKind) bool { return !k.Waits(delay) && !k.Cuts && !k.Refuses && !k.Answers }, ""},
		{"have no words", func(k FaultKind) bool { return k.Noun == "" || k.State == "" || k.Past == "" }, ""},
	} {
		if got := named(row.holds); got != row.want {
			t.Errorf("kinds that %s: %q, want %q", row.does, got, row.want)
		}
	}
}

// Whoever changes what FaultKinds returns changes nobody else's table.
func TestTheTableStaysAsItIs(t *testing.T) {
	FaultKinds()[0].Name = "other"
	if got := FaultKinds()[0].Name; got != "latency" {
		t.Errorf("the first kind is now %q", got)
	}
}

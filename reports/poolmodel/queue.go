package poolmodel

// ring is a first-in first-out queue in one slice whose length is a power of
// two. The zero value is empty and ready.
type ring[T any] struct {
	items []T
	first int
	n     int
}

func (r *ring[T]) push(v T) {
	if r.n == len(r.items) {
		r.grow()
	}
	r.items[(r.first+r.n)&(len(r.items)-1)] = v
	r.n++
}

func (r *ring[T]) grow() {
	items := make([]T, max(16, 2*len(r.items)))
	for i := range r.n {
		items[i] = r.items[(r.first+i)&(len(r.items)-1)]
	}
	r.items, r.first = items, 0
}

// keep drops what is not kept.
func (r *ring[T]) keep(kept func(*T) bool) {
	for range r.n {
		keeps := kept(r.head())
		if v := r.pop(); keeps {
			r.push(v)
		}
	}
}

// head is the oldest; there must be one.
func (r *ring[T]) head() *T { return &r.items[r.first] }

func (r *ring[T]) pop() T {
	v := r.items[r.first]
	r.first = (r.first + 1) & (len(r.items) - 1)
	r.n--
	return v
}

// event is something a worker does at a time. Equal times go by order.
type event struct {
	at    int64 // ns
	order uint64
	req   int32
	turn  uint32 // of the request when the event was made; another now, and it is void
}

func (e *event) before(o *event) bool {
	return e.at < o.at || e.at == o.at && e.order < o.order
}

// heap is a binary heap of events, the earliest first.
type heap []event

func (h *heap) push(e event) {
	*h = append(*h, e)
	a := *h
	i := len(a) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !e.before(&a[up]) {
			break
		}
		a[i] = a[up]
		i = up
	}
	a[i] = e
}

func (h *heap) pop() event {
	a := *h
	top, last := a[0], a[len(a)-1]
	a = a[:len(a)-1]
	*h = a
	i := 0
	for {
		down := 2*i + 1
		if down >= len(a) {
			break
		}
		if down+1 < len(a) && a[down+1].before(&a[down]) {
			down++
		}
		if !a[down].before(&last) {
			break
		}
		a[i] = a[down]
		i = down
	}
	if len(a) > 0 {
		a[i] = last
	}
	return top
}

// keep drops what is not kept.
func (h *heap) keep(kept func(*event) bool) {
	all := *h
	*h = all[:0]
	for i := range all { // what is pushed never overtakes what is read
		if kept(&all[i]) {
			h.push(all[i])
		}
	}
}

package tailback

import (
	"context"

	"github.com/tailback/tailback/chaos"
)

// Lifted is what Lift has found and done.
type Lifted = chaos.Lifted

// Lift undoes what runs that live no more have left on plain Toxiproxy servers,
// on all or on the one at the URL, and sees that it is gone. A `tailback proxy`
// needs none of that: it lifts by itself.
func Lift(ctx context.Context, toxiproxy string) (Lifted, error) { return chaos.Lift(ctx, toxiproxy) }

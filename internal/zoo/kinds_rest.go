package zoo

func workKinds() []Kind    { return nil }
func callKinds() []Kind    { return nil }
func poolKinds() []Kind    { return nil }
func gatewayKinds() []Kind { return nil }
func planKinds() []Kind    { return nil }
func visitorKinds() []Kind { return nil }

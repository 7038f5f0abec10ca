# The two commands of the README, and the parts that they are made of.
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.7

.PHONY: demo test test-again setup lint bench soak help accuracy picture

demo: ## watch a site go down with 502s, and the timeout that saves it
	go run ./cmd/tailback demo

test: setup ## everything, with lint and the race detector
	@.ci/test

test-again: setup ## the same N times in a row (20); BUSY=1 keeps one core busy meanwhile
	@.ci/again

setup: ## install what the tests use, where it is missing and this user may
	@.ci/setup

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	go vet -tags real ./...
	go run $(STATICCHECK) ./...
	go run $(ACTIONLINT) -shellcheck= configs/ci/github.yml

bench: ## the figures of reports/BENCHMARKS.md
	go test -run '^$$' -bench . -benchmem ./attack ./chaos ./reports/... ./internal/stats ./cmd/tailback

soak: ## faults of all kinds each second for 20 minutes (in make test for 12 s); fails when goroutines, memory or descriptors grow
	go test -run Soak -soak 20m -timeout 30m -v ./internal/harness

help: ## configs/help, the manual's pages, from internal/manual/pages and the file's types
	go test ./internal/manual -run TestPagesAreWritten -update

accuracy: ## internal/accuracy/ACCURACY.md: what the reports say of drawn sites and of labelled situations, beside the truth
	go test -count=1 -timeout 30m -v ./internal/accuracy -long
	go test -count=1 -timeout 60m -v ./internal/accuracy/drawn -long
	kept=$$(mktemp -d) && go test -count=1 -timeout 30m ./internal/zoo -run TestSimulationIsLikeRealServers -long -keep $$kept && go test -count=1 -v ./internal/accuracy/drawn -tags real -run TestRealRuns -real $$kept

picture: ## reports/render/report.png, the README's picture, from a run of the demo
	rm -rf tailback-out/picture
	go run ./cmd/tailback demo --out tailback-out/picture
	go test ./reports/render -run TestScreenshot -screenshot "$(CURDIR)/reports/render/report.png" -of "$(CURDIR)/tailback-out/picture/no-timeout/report.json"

# One line says what each target is for; `make help` prints them.
.PHONY: help demo test check bench results release format clean install

help:            ## print this
	@sed -n 's/^\([a-z]*\): *\([a-z]* *\)##/make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: install    ## three real replicas under load, the owner killed: about 15 s after the build
	swift build -c release --product adod
	swift build -c release --product adobench
	@"$$(swift build -c release --show-bin-path)/adobench" run --scenario kill-owner \
	    --workload set --in-flight 1000 --value-bytes 100 --seconds 15

test: install    ## build and run every test
	swift build --build-tests --traits Macros
	@.ci/tests all --traits Macros

check: install   ## what CI runs after the tests
	@.ci/check

bench: release   ## measure every scenario, some hours on a quiet machine, and make a report
	@"$$(swift build -c release --show-bin-path)/adobench" suite --profile long \
	    "Benchmarks/results/$$(date +%F)/long" --clients 2 --seconds 9

results: release ## measure the faults that matter most, 20 minutes, freely and with a quota
	@bench="$$(swift build -c release --show-bin-path)/adobench"; \
	to="Benchmarks/results/$$(date +%F)"; \
	"$$bench" suite --profile short "$$to/free" --seed 1 && \
	"$$bench" suite --profile short "$$to/quota" --seed 1 --quota 40 --loads 80

release: install ## build the server, the tool and the benchmark
	swift build -c release --product adod
	swift build -c release --product adoctl
	swift build -c release --product adobench
	swift build -c release --product pipeline
	swift build -c release --product adosim

format: install  ## rewrite the Swift sources in the house layout
	swift format --in-place -r Sources Tests Benchmarks Examples Package.swift

clean:           ## remove what was built
	rm -rf .build .build-asan .build-tsan .build-fuzz .build-exhaustive .build-examples .build-cov

install:         ## install the C libraries if they are missing
	@.ci/install

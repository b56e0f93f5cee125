module github.com/joaoh82/rust_sqlite/benchmarks/sdk/go

go 1.24

require (
	github.com/joaoh82/rust_sqlite/sdk/go v0.0.0
	github.com/mattn/go-sqlite3 v1.14.53
)

replace github.com/joaoh82/rust_sqlite/sdk/go => ../../../sdk/go

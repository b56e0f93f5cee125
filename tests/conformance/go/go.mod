module conformance

go 1.24

require github.com/joaoh82/rust_sqlite/sdk/go v0.0.0

replace github.com/joaoh82/rust_sqlite/sdk/go => ../../../sdk/go

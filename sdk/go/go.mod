module github.com/joaoh82/rust_sqlite/sdk/go

go 1.24

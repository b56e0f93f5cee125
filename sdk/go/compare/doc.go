// Package compare holds the driver against mattn/go-sqlite3, which carries stock SQLite: what a program sees through
// database/sql has to be the same, but for what the driver's README lists. It is a module of its own, so that the driver
// has no dependency.
package compare

//go:build sqlrite_system

package sqlrite

// #cgo pkg-config: sqlrite
import "C"

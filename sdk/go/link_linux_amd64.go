//go:build !sqlrite_system

package sqlrite

// The engine comes with the package, as an archive for each platform. Another build of it is taken from the system with
// the build tag sqlrite_system.

// #cgo LDFLAGS: ${SRCDIR}/lib/linux_amd64/libsqlrite_c.a -lstdc++ -lm -lpthread
import "C"

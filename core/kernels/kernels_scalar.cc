// The kernels for any machine.
#include <cstdint>
#include <cstring>

#include "kernels/hash.h"
#include "kernels/kernel_table.h"

#define SQLRITE_KERNELS_LEVEL 0
#define SQLRITE_KERNELS_TABLE kScalarKernels
#include "kernels/kernels_impl.h"

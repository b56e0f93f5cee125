// The kernels for x86-64 with AVX2. System headers come before the target switch, so that only our loops use it.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#pragma GCC push_options
#pragma GCC optimize("O3")
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#include "kernels/hash.h"
#include "kernels/kernel_table.h"

#define SQLRITE_KERNELS_LEVEL 1
#define SQLRITE_KERNELS_TABLE kAvx2Kernels
#include "kernels/kernels_impl.h"
#pragma GCC pop_options
#endif

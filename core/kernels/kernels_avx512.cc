// The kernels for x86-64 with AVX512. System headers come before the target switch, so that only our loops use it.
#if defined(__x86_64__)
// The intrinsics start from undefined registers on purpose; under sanitizers GCC 12 warns about its own headers.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#pragma GCC push_options
#pragma GCC optimize("O3")
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2")
#include "kernels/hash.h"
#include "kernels/kernel_table.h"

#define SQLRITE_KERNELS_LEVEL 2
#define SQLRITE_KERNELS_TABLE kAvx512Kernels
#include "kernels/kernels_impl.h"
#pragma GCC pop_options
#endif

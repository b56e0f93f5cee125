// Which instruction set the kernels use on this machine; found once, at first use.
#pragma once

#include <cstdint>

namespace sqlrite::kernels {

// Avx512 means F, BW, DQ, VL, VBMI and VBMI2 together (Ice Lake, Zen 4 and later).
enum class Isa : uint8_t { Scalar, Avx2, Avx512 };

Isa best_isa();
// For tests and benchmarks: limits what best_isa() answers from now on (affects kernels called afterwards).
void limit_isa(Isa isa);

}  // namespace sqlrite::kernels

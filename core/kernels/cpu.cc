#include "kernels/cpu.h"

#include <atomic>

namespace sqlrite::kernels {
namespace {

Isa detect() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2")) {
    return Isa::Avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) return Isa::Avx2;
#endif
  return Isa::Scalar;
}

// 255: not found out yet. Relaxed: every thread finds the same answer.
std::atomic<uint8_t> current{255};

}  // namespace

Isa best_isa() {
  uint8_t value = current.load(std::memory_order_relaxed);
  if (value == 255) {
    value = static_cast<uint8_t>(detect());
    current.store(value, std::memory_order_relaxed);
  }
  return static_cast<Isa>(value);
}

void limit_isa(Isa isa) {
  Isa best = detect();
  current.store(static_cast<uint8_t>(isa < best ? isa : best), std::memory_order_relaxed);
}

}  // namespace sqlrite::kernels

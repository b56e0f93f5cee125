// Chooses the instruction set once per call (one load and a predictable branch per batch).
#include "kernels/aggregate.h"
#include "kernels/cpu.h"
#include "kernels/gather.h"
#include "kernels/hash.h"
#include "kernels/kernel_table.h"
#include "kernels/search.h"
#include "kernels/select.h"

namespace sqlrite::kernels {
namespace {

const KernelTable& table() {
#if defined(__x86_64__)
  switch (best_isa()) {
    case Isa::Avx512: return kAvx512Kernels;
    case Isa::Avx2: return kAvx2Kernels;
    case Isa::Scalar: break;
  }
#endif
  return kScalarKernels;
}

}  // namespace

uint32_t select_ints(Compare op, const int64_t* values, int64_t constant, const uint8_t* nulls,
                     const uint16_t* selection, uint32_t count, uint16_t* out) {
  return table().select_ints(op, values, &constant, true, nulls, nullptr, selection, count, out);
}
uint32_t select_reals(Compare op, const double* values, double constant, const uint8_t* nulls,
                      const uint16_t* selection, uint32_t count, uint16_t* out) {
  return table().select_reals(op, values, &constant, true, nulls, nullptr, selection, count, out);
}
uint32_t select_ints_between(const int64_t* values, int64_t low, int64_t high, const uint8_t* nulls,
                             const uint16_t* selection, uint32_t count, uint16_t* out) {
  return table().select_ints_between(values, low, high, nulls, selection, count, out);
}
uint32_t select_reals_between(const double* values, double low, double high, const uint8_t* nulls,
                              const uint16_t* selection, uint32_t count, uint16_t* out) {
  return table().select_reals_between(values, low, high, nulls, selection, count, out);
}
uint32_t select_ints_pair(Compare op, const int64_t* left, const int64_t* right, const uint8_t* left_nulls,
                          const uint8_t* right_nulls, const uint16_t* selection, uint32_t count, uint16_t* out) {
  return table().select_ints(op, left, right, false, left_nulls, right_nulls, selection, count, out);
}
uint32_t select_reals_pair(Compare op, const double* left, const double* right, const uint8_t* left_nulls,
                           const uint8_t* right_nulls, const uint16_t* selection, uint32_t count, uint16_t* out) {
  return table().select_reals(op, left, right, false, left_nulls, right_nulls, selection, count, out);
}
uint32_t select_bytes(bool wanted, const uint8_t* bytes, const uint16_t* selection, uint32_t count, uint16_t* out) {
  return table().select_bytes(wanted, bytes, selection, count, out);
}

bool sum_ints(const int64_t* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, int64_t* sum,
              uint64_t* non_null, uint32_t* stopped_at) {
  // With |value| < 2^46 and at most 2^16 of them no running sum can leave 64 bits while |*sum| < 2^62.
  constexpr int64_t kSafe = int64_t{1} << 62;
  if (selection == nullptr && count <= 65536 && *sum < kSafe && *sum > -kSafe && table().all_small(values, count)) {
    if (nulls == nullptr) {
      *sum += table().sum_dense(values, count);
      *non_null += count;
    } else {
      *sum += table().sum_dense_valid(values, nulls, count);
      *non_null += count_non_null(nulls, nullptr, count);
    }
    return true;
  }
  int64_t running = *sum;
  uint64_t added = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t row = selection != nullptr ? selection[i] : i;
    if (nulls != nullptr && nulls[row] != 0) continue;
    int64_t next;
    if (__builtin_add_overflow(running, values[row], &next)) {
      *sum = running;
      *non_null += added;
      *stopped_at = i;
      return false;
    }
    running = next;
    ++added;
  }
  *sum = running;
  *non_null += added;
  return true;
}

// In row order and in one chain: the rounding must be the same whatever the machine.
void sum_reals(const double* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count,
               CompensatedSum* sum, uint64_t* non_null) {
  CompensatedSum local = *sum;
  uint64_t added = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t row = selection != nullptr ? selection[i] : i;
    if (nulls != nullptr && nulls[row] != 0) continue;
    local.add(values[row]);
    ++added;
  }
  *sum = local;
  *non_null += added;
}

uint32_t count_non_null(const uint8_t* nulls, const uint16_t* selection, uint32_t count) {
  uint32_t valid = 0;
  if (selection == nullptr) {
    for (uint32_t i = 0; i < count; ++i) valid += nulls[i] == 0;
  } else {
    for (uint32_t i = 0; i < count; ++i) valid += nulls[selection[i]] == 0;
  }
  return valid;
}
bool min_ints(const int64_t* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, int64_t* result) {
  return table().min_ints(values, nulls, selection, count, result);
}
bool max_ints(const int64_t* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, int64_t* result) {
  return table().max_ints(values, nulls, selection, count, result);
}
bool min_reals(const double* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, double* result) {
  return table().min_reals(values, nulls, selection, count, result);
}
bool max_reals(const double* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, double* result) {
  return table().max_reals(values, nulls, selection, count, result);
}

void hash_ints(const int64_t* values, const uint16_t* selection, uint32_t count, bool combine, uint64_t* out) {
  table().hash_ints(values, selection, count, combine, out);
}

const char* find_bytes(const char* haystack, uint64_t haystack_size_bytes, const char* needle,
                       uint64_t needle_size_bytes) {
  return table().find_bytes(haystack, haystack_size_bytes, needle, needle_size_bytes);
}
const char* find_bytes_nocase(const char* haystack, uint64_t haystack_size_bytes, const char* needle,
                              uint64_t needle_size_bytes) {
  return table().find_bytes_nocase(haystack, haystack_size_bytes, needle, needle_size_bytes);
}

void gather_bytes(const uint8_t* from, const uint16_t* selection, uint32_t count, uint8_t* out) {
  table().gather_bytes(from, selection, count, out);
}
void gather_words(const uint64_t* from, const uint16_t* selection, uint32_t count, uint64_t* out) {
  table().gather_words(from, selection, count, out);
}
void gather_cells(const void* from, const uint16_t* selection, uint32_t count, void* out) {
  table().gather_cells(static_cast<const Cell16Opaque*>(from), selection, count, static_cast<Cell16Opaque*>(out));
}
void gather_words_by_row(const uint64_t* from, const uint32_t* rows, uint32_t count, uint64_t* out) {
  table().gather_words_by_row(from, rows, count, out);
}
void ints_to_reals(const int64_t* from, uint32_t count, double* out) { table().ints_to_reals(from, count, out); }

}  // namespace sqlrite::kernels

// The loops of kernels/, compiled once per instruction set: each kernels_<isa>.cc sets the target, defines
// these two macros and includes this file.
//
// REQUIRES: SQLRITE_KERNELS_LEVEL is 0 (any machine), 1 (AVX2) or 2 (AVX-512), SQLRITE_KERNELS_TABLE names the table.

namespace sqlrite::kernels {
namespace {

#if SQLRITE_KERNELS_LEVEL >= 1
// Positions of the set bits of an 8-bit mask, for compressing eight 16-bit row numbers with one byte shuffle.
struct CompressTable {
  alignas(16) uint8_t bytes[256][16];
  constexpr CompressTable() : bytes() {
    for (int mask = 0; mask < 256; ++mask) {
      int k = 0;
      for (int bit = 0; bit < 8; ++bit) {
        if (mask & (1 << bit)) {
          bytes[mask][2 * k] = static_cast<uint8_t>(2 * bit);
          bytes[mask][2 * k + 1] = static_cast<uint8_t>(2 * bit + 1);
          ++k;
        }
      }
      for (; k < 8; ++k) bytes[mask][2 * k] = bytes[mask][2 * k + 1] = 0x80;
    }
  }
};
constexpr CompressTable kCompress;

inline __m128i compress_rows(__m128i rows, uint32_t mask) {
  return _mm_shuffle_epi8(rows, _mm_load_si128(reinterpret_cast<const __m128i*>(kCompress.bytes[mask])));
}

template <Compare kOp>
inline uint32_t mask8(const int64_t* v, const int64_t* w, bool constant) {
#if SQLRITE_KERNELS_LEVEL >= 2
  __m512i a = _mm512_loadu_si512(v);
  __m512i b = constant ? _mm512_set1_epi64(*w) : _mm512_loadu_si512(w);
  constexpr int predicate = kOp == Compare::Equal         ? _MM_CMPINT_EQ
                            : kOp == Compare::NotEqual    ? _MM_CMPINT_NE
                            : kOp == Compare::Less        ? _MM_CMPINT_LT
                            : kOp == Compare::LessOrEqual ? _MM_CMPINT_LE
                            : kOp == Compare::Greater     ? _MM_CMPINT_NLE
                                                          : _MM_CMPINT_NLT;
  return _mm512_cmp_epi64_mask(a, b, predicate);
#else
  uint32_t mask = 0;
  for (int half = 0; half < 2; ++half) {
    __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(v + 4 * half));
    __m256i b = constant ? _mm256_set1_epi64x(*w) : _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + 4 * half));
    __m256i r;
    if constexpr (kOp == Compare::Equal || kOp == Compare::NotEqual) r = _mm256_cmpeq_epi64(a, b);
    if constexpr (kOp == Compare::Less || kOp == Compare::GreaterOrEqual) r = _mm256_cmpgt_epi64(b, a);
    if constexpr (kOp == Compare::Greater || kOp == Compare::LessOrEqual) r = _mm256_cmpgt_epi64(a, b);
    mask |= static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(r))) << (4 * half);
  }
  constexpr bool negated = kOp == Compare::NotEqual || kOp == Compare::GreaterOrEqual || kOp == Compare::LessOrEqual;
  return negated ? mask ^ 0xffu : mask;
#endif
}

template <Compare kOp>
inline uint32_t mask8(const double* v, const double* w, bool constant) {
  constexpr int predicate = kOp == Compare::Equal         ? _CMP_EQ_OQ
                            : kOp == Compare::NotEqual    ? _CMP_NEQ_UQ
                            : kOp == Compare::Less        ? _CMP_LT_OQ
                            : kOp == Compare::LessOrEqual ? _CMP_LE_OQ
                            : kOp == Compare::Greater     ? _CMP_GT_OQ
                                                          : _CMP_GE_OQ;
#if SQLRITE_KERNELS_LEVEL >= 2
  return _mm512_cmp_pd_mask(_mm512_loadu_pd(v), constant ? _mm512_set1_pd(*w) : _mm512_loadu_pd(w), predicate);
#else
  uint32_t mask = 0;
  for (int half = 0; half < 2; ++half) {
    __m256d b = constant ? _mm256_set1_pd(*w) : _mm256_loadu_pd(w + 4 * half);
    mask |= static_cast<uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(_mm256_loadu_pd(v + 4 * half), b, predicate)))
            << (4 * half);
  }
  return mask;
#endif
}

// Eight validity bytes as a mask of the rows that are not NULL.
inline uint32_t valid8(const uint8_t* nulls) {
  __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(nulls));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128()))) & 0xffu;
}
#endif

template <Compare kOp, typename T>
inline bool passes(T a, T b) {
  switch (kOp) {
    case Compare::Equal: return a == b;
    case Compare::NotEqual: return a != b;
    case Compare::Less: return a < b;
    case Compare::LessOrEqual: return a <= b;
    case Compare::Greater: return a > b;
    case Compare::GreaterOrEqual: return a >= b;
  }
  return false;
}

// `right` is one value when `constant`, else an array. Row numbers are written without branches.
template <Compare kOp, typename T>
uint32_t select_loop(const T* left, const T* right, bool constant, const uint8_t* left_nulls,
                     const uint8_t* right_nulls, const uint16_t* selection, uint32_t count, uint16_t* out) {
  uint32_t kept = 0;
  uint32_t i = 0;
  if (selection == nullptr) {
#if SQLRITE_KERNELS_LEVEL >= 1
    __m128i rows = _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
    const __m128i eight = _mm_set1_epi16(8);
    for (; i + 8 <= count; i += 8) {
      uint32_t mask = mask8<kOp>(left + i, constant ? right : right + i, constant);
      if (left_nulls != nullptr) mask &= valid8(left_nulls + i);
      if (right_nulls != nullptr) mask &= valid8(right_nulls + i);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + kept), compress_rows(rows, mask));
      kept += static_cast<uint32_t>(__builtin_popcount(mask));
      rows = _mm_add_epi16(rows, eight);
    }
#endif
    for (; i < count; ++i) {
      bool keep = passes<kOp>(left[i], constant ? *right : right[i]);
      if (left_nulls != nullptr) keep = keep && left_nulls[i] == 0;
      if (right_nulls != nullptr) keep = keep && right_nulls[i] == 0;
      out[kept] = static_cast<uint16_t>(i);
      kept += keep;
    }
    return kept;
  }
  for (; i < count; ++i) {
    uint16_t row = selection[i];
    bool keep = passes<kOp>(left[row], constant ? *right : right[row]);
    if (left_nulls != nullptr) keep = keep & (left_nulls[row] == 0);
    if (right_nulls != nullptr) keep = keep & (right_nulls[row] == 0);
    out[kept] = row;
    kept += keep;
  }
  return kept;
}

template <typename T>
uint32_t select_any(Compare op, const T* left, const T* right, bool constant, const uint8_t* left_nulls,
                    const uint8_t* right_nulls, const uint16_t* selection, uint32_t count, uint16_t* out) {
  switch (op) {
    case Compare::Equal:
      return select_loop<Compare::Equal>(left, right, constant, left_nulls, right_nulls, selection, count, out);
    case Compare::NotEqual:
      return select_loop<Compare::NotEqual>(left, right, constant, left_nulls, right_nulls, selection, count, out);
    case Compare::Less:
      return select_loop<Compare::Less>(left, right, constant, left_nulls, right_nulls, selection, count, out);
    case Compare::LessOrEqual:
      return select_loop<Compare::LessOrEqual>(left, right, constant, left_nulls, right_nulls, selection, count, out);
    case Compare::Greater:
      return select_loop<Compare::Greater>(left, right, constant, left_nulls, right_nulls, selection, count, out);
    case Compare::GreaterOrEqual:
      return select_loop<Compare::GreaterOrEqual>(left, right, constant, left_nulls, right_nulls, selection, count,
                                                  out);
  }
  return 0;
}

template <typename T>
uint32_t select_between(const T* values, T low, T high, const uint8_t* nulls, const uint16_t* selection, uint32_t count,
                        uint16_t* out) {
  uint32_t kept = 0;
  uint32_t i = 0;
#if SQLRITE_KERNELS_LEVEL >= 1
  if (selection == nullptr) {
    __m128i rows = _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
    const __m128i eight = _mm_set1_epi16(8);
    for (; i + 8 <= count; i += 8) {
      uint32_t mask =
          mask8<Compare::GreaterOrEqual>(values + i, &low, true) & mask8<Compare::LessOrEqual>(values + i, &high, true);
      if (nulls != nullptr) mask &= valid8(nulls + i);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + kept), compress_rows(rows, mask));
      kept += static_cast<uint32_t>(__builtin_popcount(mask));
      rows = _mm_add_epi16(rows, eight);
    }
  }
#endif
  for (; i < count; ++i) {
    uint16_t row = selection != nullptr ? selection[i] : static_cast<uint16_t>(i);
    bool keep = (values[row] >= low) & (values[row] <= high);
    if (nulls != nullptr) keep = keep & (nulls[row] == 0);
    out[kept] = row;
    kept += keep;
  }
  return kept;
}

uint32_t select_bytes_loop(bool wanted, const uint8_t* bytes, const uint16_t* selection, uint32_t count,
                           uint16_t* out) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint16_t row = selection != nullptr ? selection[i] : static_cast<uint16_t>(i);
    out[kept] = row;
    kept += (bytes[row] != 0) == wanted;
  }
  return kept;
}

// Sums a dense block whose values are known to be small. Three quarters of the loops that sum end here.
bool all_small(const int64_t* values, uint32_t count) {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < count; ++i) bits |= static_cast<uint64_t>(values[i] ^ (values[i] >> 63));
  return bits < (uint64_t{1} << 46);
}
int64_t sum_dense(const int64_t* values, uint32_t count) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < count; ++i) sum += values[i];
  return sum;
}
int64_t sum_dense_valid(const int64_t* values, const uint8_t* nulls, uint32_t count) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < count; ++i) sum += nulls[i] == 0 ? values[i] : 0;
  return sum;
}

template <bool kMax, typename T>
bool extreme(const T* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, T* result) {
  if (nulls == nullptr && selection == nullptr) {
    if (count == 0) return false;
    T best = values[0];
    for (uint32_t i = 1; i < count; ++i)
      best = kMax ? (values[i] > best ? values[i] : best) : (values[i] < best ? values[i] : best);
    *result = best;
    return true;
  }
  bool found = false;
  T best{};
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t row = selection != nullptr ? selection[i] : i;
    if (nulls != nullptr && nulls[row] != 0) continue;
    if (!found || (kMax ? values[row] > best : values[row] < best)) best = values[row];
    found = true;
  }
  if (found) *result = best;
  return found;
}

void hash_ints_loop(const int64_t* values, const uint16_t* selection, uint32_t count, bool combine, uint64_t* out) {
  if (combine) {
    for (uint32_t i = 0; i < count; ++i)
      out[i] = combine_hashes(out[i], hash_int(values[selection != nullptr ? selection[i] : i]));
  } else if (selection != nullptr) {
    for (uint32_t i = 0; i < count; ++i) out[i] = hash_int(values[selection[i]]);
  } else {
    for (uint32_t i = 0; i < count; ++i) out[i] = hash_int(values[i]);
  }
}

inline char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

template <bool kNoCase>
inline bool equal_bytes(const char* a, const char* b, uint64_t size) {
  if constexpr (!kNoCase) {
    return std::memcmp(a, b, size) == 0;
  } else {
    for (uint64_t i = 0; i < size; ++i) {
      if (fold(a[i]) != b[i]) return false;
    }
    return true;
  }
}

// Looks for the needle's first and last byte at their distance, 32 (or 64) positions a step, and verifies the hits.
template <bool kNoCase>
const char* find_loop(const char* haystack, uint64_t haystack_size, const char* needle, uint64_t needle_size) {
  if (needle_size == 0) return haystack;
  if (needle_size > haystack_size) return nullptr;
  uint64_t last = needle_size - 1;
  uint64_t positions = haystack_size - last;
  uint64_t i = 0;
#if SQLRITE_KERNELS_LEVEL >= 1
  auto other_case = [](char c) { return kNoCase && c >= 'a' && c <= 'z' ? static_cast<char>(c ^ 0x20) : c; };
#if SQLRITE_KERNELS_LEVEL >= 2
  const __m512i first_lower = _mm512_set1_epi8(needle[0]);
  const __m512i first_upper = _mm512_set1_epi8(other_case(needle[0]));
  const __m512i last_lower = _mm512_set1_epi8(needle[last]);
  const __m512i last_upper = _mm512_set1_epi8(other_case(needle[last]));
  while (i < positions) {
    uint64_t left = positions - i;
    __mmask64 lanes = left >= 64 ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
    __m512i a = _mm512_maskz_loadu_epi8(lanes, haystack + i);
    __m512i b = _mm512_maskz_loadu_epi8(lanes, haystack + i + last);
    uint64_t hits = _mm512_mask_cmpeq_epi8_mask(lanes, a, first_lower);
    if (kNoCase) hits |= _mm512_mask_cmpeq_epi8_mask(lanes, a, first_upper);
    uint64_t hits_last = _mm512_mask_cmpeq_epi8_mask(lanes, b, last_lower);
    if (kNoCase) hits_last |= _mm512_mask_cmpeq_epi8_mask(lanes, b, last_upper);
    hits &= hits_last;
    while (hits != 0) {
      uint64_t at = i + static_cast<uint64_t>(__builtin_ctzll(hits));
      if (equal_bytes<kNoCase>(haystack + at, needle, needle_size)) return haystack + at;
      hits &= hits - 1;
    }
    i += 64;
  }
  return nullptr;
#else
  const __m256i first_lower = _mm256_set1_epi8(needle[0]);
  const __m256i first_upper = _mm256_set1_epi8(other_case(needle[0]));
  const __m256i last_lower = _mm256_set1_epi8(needle[last]);
  const __m256i last_upper = _mm256_set1_epi8(other_case(needle[last]));
  for (; i + 32 <= positions; i += 32) {
    __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(haystack + i));
    __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(haystack + i + last));
    __m256i hit_a = _mm256_cmpeq_epi8(a, first_lower);
    __m256i hit_b = _mm256_cmpeq_epi8(b, last_lower);
    if (kNoCase) {
      hit_a = _mm256_or_si256(hit_a, _mm256_cmpeq_epi8(a, first_upper));
      hit_b = _mm256_or_si256(hit_b, _mm256_cmpeq_epi8(b, last_upper));
    }
    uint32_t hits = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_and_si256(hit_a, hit_b)));
    while (hits != 0) {
      uint64_t at = i + static_cast<uint64_t>(__builtin_ctz(hits));
      if (equal_bytes<kNoCase>(haystack + at, needle, needle_size)) return haystack + at;
      hits &= hits - 1;
    }
  }
#endif
#endif
#if SQLRITE_KERNELS_LEVEL < 2
  if constexpr (!kNoCase) {
    if (SQLRITE_KERNELS_LEVEL == 0) {
      while (i < positions) {
        const void* hit = std::memchr(haystack + i, needle[0], positions - i);
        if (hit == nullptr) return nullptr;
        i = static_cast<uint64_t>(static_cast<const char*>(hit) - haystack);
        if (std::memcmp(haystack + i, needle, needle_size) == 0) return haystack + i;
        ++i;
      }
      return nullptr;
    }
  }
  for (; i < positions; ++i) {
    if (equal_bytes<kNoCase>(haystack + i, needle, 1) && equal_bytes<kNoCase>(haystack + i, needle, needle_size))
      return haystack + i;
  }
  return nullptr;
#endif
}

template <typename T>
void gather_loop(const T* from, const uint16_t* selection, uint32_t count, T* out) {
  for (uint32_t i = 0; i < count; ++i) out[i] = from[selection[i]];
}
void gather_rows_loop(const uint64_t* from, const uint32_t* rows, uint32_t count, uint64_t* out) {
  for (uint32_t i = 0; i < count; ++i) out[i] = from[rows[i]];
}
void ints_to_reals_loop(const int64_t* from, uint32_t count, double* out) {
  for (uint32_t i = 0; i < count; ++i) out[i] = static_cast<double>(from[i]);
}

}  // namespace

extern const KernelTable SQLRITE_KERNELS_TABLE;
const KernelTable SQLRITE_KERNELS_TABLE = {
    .select_ints = select_any<int64_t>,
    .select_reals = select_any<double>,
    .select_ints_between = select_between<int64_t>,
    .select_reals_between = select_between<double>,
    .select_bytes = select_bytes_loop,
    .all_small = all_small,
    .sum_dense = sum_dense,
    .sum_dense_valid = sum_dense_valid,
    .min_ints = extreme<false, int64_t>,
    .max_ints = extreme<true, int64_t>,
    .min_reals = extreme<false, double>,
    .max_reals = extreme<true, double>,
    .hash_ints = hash_ints_loop,
    .find_bytes = find_loop<false>,
    .find_bytes_nocase = find_loop<true>,
    .gather_bytes = gather_loop<uint8_t>,
    .gather_words = gather_loop<uint64_t>,
    .gather_cells = gather_loop<Cell16Opaque>,
    .gather_words_by_row = gather_rows_loop,
    .ints_to_reals = ints_to_reals_loop,
};

}  // namespace sqlrite::kernels

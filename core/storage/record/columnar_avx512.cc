// Eight records at a time with AVX-512 VBMI. Headers go byte-wise through table permutations that turn serial types into
// sizes and classes; sums of absolute differences add the sizes up to offsets.
//
// Works on records whose header is short (types below 128, all wanted types within the first 31 header bytes), that lie
// wholly on their page as far as the wanted columns go, and whose values fit the sinks' types. Everything else is left to
// the scalar form, which also judges damaged records.
#if defined(__x86_64__)
// The intrinsics start from undefined registers on purpose; under sanitizers GCC 12 warns about its own headers.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "storage/record/columnar.h"
#include "storage/record/serial.h"

namespace sqlrite::storage {
namespace {

constexpr uint8_t kClassInt = 1;
constexpr uint8_t kClassReal = 2;
constexpr uint8_t kClassNull = 4;
constexpr uint8_t kClassText = 8;
constexpr uint8_t kClassBlob = 16;
constexpr uint8_t kClassConstant = 32;  // serial types 8 and 9, besides kClassInt

struct TypeTables {
  alignas(64) uint8_t size[128];
  alignas(64) uint8_t kind[128];
  constexpr TypeTables() : size(), kind() {
    for (int t = 0; t < 128; ++t) {
      size[t] = kSerialSizes.size_bytes[t];
      if (t == 0 || t == 10 || t == 11)
        kind[t] = kClassNull;
      else if (t == 7)
        kind[t] = kClassReal;
      else if (t == 8 || t == 9)
        kind[t] = kClassInt | kClassConstant;
      else if (t < 7)
        kind[t] = kClassInt;
      else
        kind[t] = (t & 1) != 0 ? kClassText : kClassBlob;
    }
  }
};
constexpr TypeTables kTables;

static_assert(sizeof(CellRef) == 32 && offsetof(CellRef, payload) == 0 && offsetof(CellRef, local_size_bytes) == 8 &&
              offsetof(CellRef, rowid) == 16);
static_assert(offsetof(Value, length) == 8 && offsetof(Value, type) == 12);
static_assert(static_cast<int>(ValueOwner::Page) == 0);

constexpr uint32_t kLinesAhead = 4;   // asked for with eight rows; reading their cells asks for as many
constexpr uint32_t kHeaderWords = 4;  // of eight header bytes each: byte 0 is the header size, then the types

}  // namespace

#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2")

namespace {

inline __m512i load_words(__m512i addresses) { return _mm512_i64gather_epi64(addresses, nullptr, 1); }

// `bits` are the value's bytes and what follows them, most significant first: `size` of them with their sign, or the number
// that the type itself stands for.
inline __m512i integers_of(__m512i bits, __m512i size, __m512i kind, __m512i type) {
  __m512i value = _mm512_srav_epi64(bits, _mm512_sub_epi64(_mm512_set1_epi64(64), _mm512_slli_epi64(size, 3)));
  __mmask8 constant = _mm512_test_epi64_mask(kind, _mm512_set1_epi64(kClassConstant));
  return _mm512_mask_sub_epi64(value, constant, type, _mm512_set1_epi64(8));
}

inline void store_cells(Value* out, __m512i first, __m512i second) {
  const __m512i low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
  const __m512i high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
  _mm512_storeu_si512(out, _mm512_permutex2var_epi64(first, low, second));
  _mm512_storeu_si512(out + 4, _mm512_permutex2var_epi64(first, high, second));
}

}  // namespace

uint32_t decode_columns_avx512(const CellRef* cells, uint32_t count, const ColumnPlan& plan, uint32_t first_row,
                               ColumnSink* sinks, BytesAhead* ahead) {
  if (count < 8 || plan.wanted_count == 0 || plan.wanted[plan.wanted_count - 1] + 1u >= 8 * kHeaderWords) return 0;
  const uint32_t last_byte = plan.wanted[plan.wanted_count - 1] + 1u;  // header position of the last wanted type
  const uint32_t words = last_byte / 8 + 1;
  const __m512i size_low = _mm512_load_si512(kTables.size);
  const __m512i size_high = _mm512_load_si512(kTables.size + 64);
  const __m512i kind_low = _mm512_load_si512(kTables.kind);
  const __m512i kind_high = _mm512_load_si512(kTables.kind + 64);
  const __m512i swap = _mm512_broadcast_i32x4(_mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
  const __m512i zero = _mm512_setzero_si512();
  const __m512i byte_mask = _mm512_set1_epi64(0xff);
  const __mmask64 not_first = 0xfefefefefefefefeull;
  // The types that matter in the last header word; later ones may be anything.
  const uint64_t used_bytes = last_byte % 8 == 7 ? ~0ull : (1ull << (8 * (last_byte % 8 + 1))) - 1;
  const __m512i last_used = _mm512_set1_epi64(static_cast<int64_t>(used_bytes));

  uint32_t done = 0;
  for (; done + 8 <= count; done += 8) {
    ahead->prefetch(kLinesAhead);
    const uint8_t* base = reinterpret_cast<const uint8_t*>(cells + done);
    // Four cells are two registers of (payload, sizes, rowid, overflow) words: pick the columns of that 8 x 4 matrix.
    __m512i c01 = _mm512_loadu_si512(base);
    __m512i c23 = _mm512_loadu_si512(base + 64);
    __m512i c45 = _mm512_loadu_si512(base + 128);
    __m512i c67 = _mm512_loadu_si512(base + 192);
    const __m512i pick_payload = _mm512_setr_epi64(0, 4, 8, 12, 0, 4, 8, 12);
    const __m512i pick_sizes = _mm512_setr_epi64(1, 5, 9, 13, 1, 5, 9, 13);
    __m512i payload_high = _mm512_permutex2var_epi64(c45, pick_payload, c67);
    __m512i payload = _mm512_mask_blend_epi64(0xf0, _mm512_permutex2var_epi64(c01, pick_payload, c23), payload_high);
    __m512i sizes_word = _mm512_mask_blend_epi64(0xf0, _mm512_permutex2var_epi64(c01, pick_sizes, c23),
                                                 _mm512_permutex2var_epi64(c45, pick_sizes, c67));
    __m512i local = _mm512_and_si512(sizes_word, _mm512_set1_epi64(0xffffffff));

    __m512i size_bytes[kHeaderWords];
    __m512i kind_bytes[kHeaderWords];
    __m512i type_bytes[kHeaderWords];
    __m512i header = load_words(payload);
    __m512i header_size = _mm512_and_si512(header, byte_mask);
    // Every wanted column must be there: the header is longer than its last wanted type's position (and below 128).
    __mmask8 good = _mm512_cmpgt_epi64_mask(header_size, _mm512_set1_epi64(last_byte)) &
                    _mm512_cmple_epi64_mask(header_size, local);
    __m512i high_bits = zero;
    for (uint32_t word = 0; word < words; ++word) {
      if (word > 0) header = load_words(_mm512_add_epi64(payload, _mm512_set1_epi64(8 * word)));
      high_bits = _mm512_or_si512(high_bits, word + 1 == words ? _mm512_and_si512(header, last_used) : header);
      type_bytes[word] = header;
      __m512i sizes = _mm512_permutex2var_epi8(size_low, header, size_high);
      // The header size itself is the start of the body: it stays in the sum as it is.
      if (word == 0) sizes = _mm512_mask_blend_epi8(not_first, header, sizes);
      size_bytes[word] = sizes;
      kind_bytes[word] = _mm512_permutex2var_epi8(kind_low, header, kind_high);
    }
    if (_mm512_movepi8_mask(high_bits) != 0 || good != 0xff) return done;

    for (uint32_t w = 0; w < plan.wanted_count; ++w) {
      ColumnSink& sink = sinks[w];
      const uint32_t row = first_row + done;
      if (w == plan.rowid_alias) {
        if (sink.rep != ColumnSink::Rep::Ints) return done;
        const __m512i pick_rowid = _mm512_setr_epi64(2, 6, 10, 14, 2, 6, 10, 14);
        __m512i rowids = _mm512_mask_blend_epi64(0xf0, _mm512_permutex2var_epi64(c01, pick_rowid, c23),
                                                 _mm512_permutex2var_epi64(c45, pick_rowid, c67));
        _mm512_storeu_si512(static_cast<int64_t*>(sink.data) + row, rowids);
        if (sink.has_nulls) std::memset(sink.nulls + row, 0, 8);
        continue;
      }
      const uint32_t position = plan.wanted[w] + 1u;
      const uint32_t word = position / 8;
      const uint32_t shift = position % 8 * 8;
      __m512i offset = zero;
      for (uint32_t before = 0; before < word; ++before)
        offset = _mm512_add_epi64(offset, _mm512_sad_epu8(size_bytes[before], zero));
      const __m512i below = _mm512_set1_epi64(shift == 0 ? 0 : static_cast<int64_t>((1ull << shift) - 1));
      offset = _mm512_add_epi64(offset, _mm512_sad_epu8(_mm512_and_si512(size_bytes[word], below), zero));
      const __m128i shift_count = _mm_cvtsi32_si128(static_cast<int>(shift));
      __m512i type = _mm512_and_si512(_mm512_srl_epi64(type_bytes[word], shift_count), byte_mask);
      __m512i kind = _mm512_and_si512(_mm512_srl_epi64(kind_bytes[word], shift_count), byte_mask);
      __m512i size = _mm512_and_si512(_mm512_srl_epi64(size_bytes[word], shift_count), byte_mask);
      if (_mm512_cmpgt_epi64_mask(_mm512_add_epi64(offset, size), local) != 0) return done;
      __m512i address = _mm512_add_epi64(payload, offset);
      __mmask8 is_int = _mm512_test_epi64_mask(kind, _mm512_set1_epi64(kClassInt));
      __mmask8 is_null = _mm512_test_epi64_mask(kind, _mm512_set1_epi64(kClassNull));

      switch (sink.rep) {
        case ColumnSink::Rep::Nulls:
          if (is_null != 0xff) return done;
          break;
        case ColumnSink::Rep::Ints: {
          if ((is_int | is_null) != 0xff) return done;
          __m512i bits = _mm512_shuffle_epi8(load_words(address), swap);
          __m512i value = integers_of(bits, size, kind, type);
          if (is_null != 0) {
            value = _mm512_mask_mov_epi64(value, is_null, zero);
            if (!sink.has_nulls) {
              std::memset(sink.nulls, 0, row);
              sink.has_nulls = true;
            }
          }
          _mm512_storeu_si512(static_cast<int64_t*>(sink.data) + row, value);
          if (sink.has_nulls)
            _mm_storel_epi64(reinterpret_cast<__m128i*>(sink.nulls + row), _mm_maskz_set1_epi8(is_null, 1));
          break;
        }
        case ColumnSink::Rep::Reals: {
          __mmask8 is_real = _mm512_test_epi64_mask(kind, _mm512_set1_epi64(kClassReal));
          bool integers = plan.real_column != nullptr && plan.real_column[w];
          __mmask8 accepted = is_real | is_null | (integers ? is_int : 0);
          if (accepted != 0xff) return done;
          __m512i bits = _mm512_shuffle_epi8(load_words(address), swap);
          __m512d value = _mm512_castsi512_pd(bits);
          if (_mm512_mask_cmp_pd_mask(is_real, value, value, _CMP_UNORD_Q) != 0) return done;
          if ((is_real | is_null) != 0xff) {
            value = _mm512_mask_cvtepi64_pd(value, is_int, integers_of(bits, size, kind, type));
          }
          if (is_null != 0) {
            value = _mm512_mask_mov_pd(value, is_null, _mm512_setzero_pd());
            if (!sink.has_nulls) {
              std::memset(sink.nulls, 0, row);
              sink.has_nulls = true;
            }
          }
          _mm512_storeu_pd(static_cast<double*>(sink.data) + row, value);
          if (sink.has_nulls)
            _mm_storel_epi64(reinterpret_cast<__m128i*>(sink.nulls + row), _mm_maskz_set1_epi8(is_null, 1));
          break;
        }
        case ColumnSink::Rep::Cells: {
          // Texts and blobs mostly; a NULL's first word is 0.
          __mmask8 is_text = _mm512_test_epi64_mask(kind, _mm512_set1_epi64(kClassText));
          __mmask8 is_blob = _mm512_test_epi64_mask(kind, _mm512_set1_epi64(kClassBlob));
          if ((is_text | is_blob | is_null) != 0xff) return done;
          __m512i first = _mm512_mask_mov_epi64(address, is_null, zero);
          __m512i second =
              _mm512_mask_blend_epi64(is_text, _mm512_set1_epi64(int64_t{static_cast<int>(ValueType::Blob)} << 32),
                                      _mm512_set1_epi64(int64_t{static_cast<int>(ValueType::Text)} << 32));
          second = _mm512_or_si512(second, size);
          __m512i null_word = _mm512_set1_epi64((int64_t{static_cast<int>(ValueType::Null)} << 32) |
                                                (int64_t{static_cast<int>(ValueOwner::Static)} << 48));
          second = _mm512_mask_mov_epi64(second, is_null, null_word);
          store_cells(static_cast<Value*>(sink.data) + row, first, second);
          break;
        }
      }
    }
  }
  return done;
}

}  // namespace sqlrite::storage
#pragma GCC pop_options
#endif

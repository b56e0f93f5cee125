// Eight cells at a time: their first eight bytes are gathered, which hold the payload's size and the rowid unless one
// of them is long, and both varints are unpacked side by side.
#if defined(__x86_64__)
// The intrinsics start from undefined registers on purpose; under sanitizers GCC 12 warns about its own headers.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "storage/btree/table_cells.h"

namespace sqlrite::storage {

static_assert(sizeof(CellRef) == 32 && offsetof(CellRef, payload) == 0 && offsetof(CellRef, local_size_bytes) == 8 &&
              offsetof(CellRef, payload_size_bytes) == 12 && offsetof(CellRef, rowid) == 16 &&
              offsetof(CellRef, overflow) == 24);

#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512cd,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2")

namespace {

constexpr uint32_t kLinesAhead = 4;  // with eight cells; decoding them asks for as many

// Two cells a register, from columns of (payload, sizes, rowid); the overflow page is 0.
template <int kPair>
inline void store_pair(CellRef* cells, __m512i payload, __m512i sizes, __m512i rowids) {
  constexpr int64_t a = 2 * kPair;
  constexpr int64_t b = a + 1;
  const __m512i ends = _mm512_setr_epi64(a, 8 + a, 0, 0, b, 8 + b, 0, 0);
  const __m512i middle = _mm512_setr_epi64(0, 0, a, 0, 0, 0, b, 0);
  __m512i pair = _mm512_maskz_permutex2var_epi64(0x33, payload, ends, sizes);
  _mm512_storeu_si512(cells + a, _mm512_mask_permutexvar_epi64(pair, 0x44, middle, rowids));
}

// Big-endian numbers of eight seven-bit bytes, closed up to 56 bits.
inline __m512i close_up(__m512i value) {
  value = _mm512_or_si512(_mm512_and_si512(value, _mm512_set1_epi64(0x007f007f007f007f)),
                          _mm512_srli_epi64(_mm512_and_si512(value, _mm512_set1_epi64(0x7f007f007f007f00)), 1));
  value = _mm512_or_si512(_mm512_and_si512(value, _mm512_set1_epi64(0x00003fff00003fff)),
                          _mm512_srli_epi64(_mm512_and_si512(value, _mm512_set1_epi64(0x3fff00003fff0000)), 2));
  return _mm512_or_si512(_mm512_and_si512(value, _mm512_set1_epi64(0x000000000fffffff)),
                         _mm512_srli_epi64(_mm512_and_si512(value, _mm512_set1_epi64(0x0fffffff00000000)), 4));
}

}  // namespace

uint32_t read_table_cells_avx512(const TableCellRun& run, uint32_t done, const PayloadLimits& limits, BytesAhead* ahead,
                                 CellRef* cells) {
  const __m512i offset_max = _mm512_set1_epi64(limits.usable_size_bytes - kMinCellSizeBytes);
  const __m512i usable = _mm512_set1_epi64(limits.usable_size_bytes);
  const __m512i local_max = _mm512_set1_epi64(limits.table_local_max);
  const __m512i seven_bits = _mm512_set1_epi64(0x7f);
  const __m512i stop_bits = _mm512_set1_epi64(static_cast<int64_t>(0x8080808080808080));
  const __m512i swap = _mm512_broadcast_i32x4(_mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
  // Pointers are big-endian and, in a run downwards, in reverse.
  const __m128i order = run.step > 0 ? _mm_setr_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)
                                     : _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const uint8_t* pointers = run.page + run.pointers;
  for (; done + 8 <= run.count; done += 8) {
    // A few lines at a time: the processor keeps only so many requests, and the next one would wait.
    ahead->prefetch(kLinesAhead);
    uint32_t lowest = run.step > 0 ? run.first + done : run.first - done - 7;
    __m128i raw = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pointers + 2 * lowest));
    __m512i offset = _mm512_cvtepu16_epi64(_mm_shuffle_epi8(raw, order));
    if (_mm512_cmpgt_epi64_mask(offset, offset_max) != 0) break;
    __m512i word = _mm512_i64gather_epi64(offset, run.page, 1);

    // The payload's size: one byte, or two.
    __mmask8 two_bytes = _mm512_test_epi64_mask(word, _mm512_set1_epi64(0x80));
    __mmask8 rare = _mm512_mask_test_epi64_mask(two_bytes, word, _mm512_set1_epi64(0x8000));
    __m512i size = _mm512_and_si512(word, seven_bits);
    __m512i second = _mm512_and_si512(_mm512_srli_epi64(word, 8), seven_bits);
    size = _mm512_mask_or_epi64(size, two_bytes, _mm512_slli_epi64(size, 7), second);
    __m512i size_bits = _mm512_mask_mov_epi64(_mm512_set1_epi64(8), two_bytes, _mm512_set1_epi64(16));

    // The rowid ends at the first byte without its top bit; `unused_bits` are those of the word behind it.
    __m512i rest = _mm512_srlv_epi64(word, size_bits);
    __m512i stops = _mm512_andnot_si512(rest, stop_bits);
    __m512i first_stop = _mm512_and_si512(stops, _mm512_sub_epi64(_mm512_setzero_si512(), stops));
    __m512i unused_bits = _mm512_lzcnt_epi64(first_stop);
    rare |= _mm512_cmplt_epi64_mask(unused_bits, size_bits);
    __m512i rowid = close_up(_mm512_srlv_epi64(_mm512_shuffle_epi8(rest, swap), unused_bits));

    __m512i head_bits = _mm512_add_epi64(size_bits, _mm512_sub_epi64(_mm512_set1_epi64(64), unused_bits));
    __m512i body = _mm512_add_epi64(offset, _mm512_srli_epi64(head_bits, 3));
    rare |= _mm512_cmpgt_epi64_mask(size, local_max);
    rare |= _mm512_cmpgt_epi64_mask(_mm512_add_epi64(body, size), usable);
    if (rare != 0) break;

    __m512i payload = _mm512_add_epi64(body, _mm512_set1_epi64(reinterpret_cast<int64_t>(run.page)));
    __m512i sizes = _mm512_or_si512(size, _mm512_slli_epi64(size, 32));
    store_pair<0>(cells + done, payload, sizes, rowid);
    store_pair<1>(cells + done, payload, sizes, rowid);
    store_pair<2>(cells + done, payload, sizes, rowid);
    store_pair<3>(cells + done, payload, sizes, rowid);
  }
  return done;
}

}  // namespace sqlrite::storage
#pragma GCC pop_options
#endif

// Compares every kernel on every instruction set with a plain loop: odd lengths, unaligned starts, NULL patterns.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/aggregate.h"
#include "kernels/cpu.h"
#include "kernels/gather.h"
#include "kernels/hash.h"
#include "kernels/search.h"
#include "kernels/select.h"

using namespace sqlrite::kernels;

namespace {

template <typename T>
bool holds(Compare op, T a, T b) {
  switch (op) {
    case Compare::Equal: return a == b;
    case Compare::NotEqual: return a != b;
    case Compare::Less: return a < b;
    case Compare::LessOrEqual: return a <= b;
    case Compare::Greater: return a > b;
    default: return a >= b;
  }
}

template <typename F>
void for_each_isa(F&& run) {
  for (Isa isa : {Isa::Scalar, Isa::Avx2, Isa::Avx512}) {
    limit_isa(isa);
    if (best_isa() == isa) run();
  }
  limit_isa(Isa::Avx512);
}

}  // namespace

TEST_CASE("Filters keep exactly the rows that pass") {
  for_each_isa([] {
    std::mt19937_64 random(7);
    for (uint32_t count : {0u, 1u, 7u, 8u, 9u, 31u, 64u, 257u, 1024u}) {
      std::vector<int64_t> ints(count + 1), other(count + 1);
      std::vector<double> reals(count + 1), other_reals(count + 1);
      std::vector<uint8_t> nulls(count + 1);
      std::vector<uint16_t> selection;
      for (uint32_t i = 0; i <= count; ++i) {
        ints[i] = static_cast<int64_t>(random() % 7) - 3;
        other[i] = static_cast<int64_t>(random() % 7) - 3;
        reals[i] = static_cast<double>(ints[i]) / 2;
        other_reals[i] = static_cast<double>(other[i]) / 2;
        nulls[i] = random() % 4 == 0;
        if (i < count && random() % 2) selection.push_back(static_cast<uint16_t>(i));
      }
      for (int offset = 0; offset < 2; ++offset) {
        for (int op_number = 0; op_number < 6; ++op_number) {
          Compare op = static_cast<Compare>(op_number);
          for (const uint8_t* n :
               {static_cast<const uint8_t*>(nullptr), static_cast<const uint8_t*>(nulls.data() + offset)}) {
            for (bool selected : {false, true}) {
              const uint16_t* sel = selected ? selection.data() : nullptr;
              uint32_t looked = selected ? static_cast<uint32_t>(selection.size()) : count;
              const int64_t* a = ints.data() + offset;
              const int64_t* b = other.data() + offset;
              const double* ra = reals.data() + offset;
              const double* rb = other_reals.data() + offset;
              std::vector<uint16_t> want_const, want_pair, want_real, want_real_pair, want_between, got(count + 1);
              for (uint32_t i = 0; i < looked; ++i) {
                uint16_t row = selected ? sel[i] : static_cast<uint16_t>(i);
                bool valid = n == nullptr || n[row] == 0;
                if (valid && holds<int64_t>(op, a[row], 1)) want_const.push_back(row);
                if (valid && holds<int64_t>(op, a[row], b[row])) want_pair.push_back(row);
                if (valid && holds<double>(op, ra[row], 0.5)) want_real.push_back(row);
                if (valid && holds<double>(op, ra[row], rb[row])) want_real_pair.push_back(row);
                if (valid && a[row] >= -1 && a[row] <= 2) want_between.push_back(row);
              }
              auto same = [&](const std::vector<uint16_t>& want, uint32_t kept) {
                return kept == want.size() && std::equal(want.begin(), want.end(), got.begin());
              };
              CHECK(same(want_const, select_ints(op, a, 1, n, sel, looked, got.data())));
              CHECK(same(want_pair, select_ints_pair(op, a, b, n, nullptr, sel, looked, got.data())));
              CHECK(same(want_real, select_reals(op, ra, 0.5, n, sel, looked, got.data())));
              CHECK(same(want_real_pair, select_reals_pair(op, ra, rb, nullptr, n, sel, looked, got.data())));
              CHECK(same(want_between, select_ints_between(a, -1, 2, n, sel, looked, got.data())));
            }
          }
        }
      }
    }
  });
}

TEST_CASE("Sums, extremes and hashes") {
  for_each_isa([] {
    std::mt19937_64 random(11);
    for (uint32_t count : {0u, 1u, 5u, 8u, 100u, 1024u}) {
      std::vector<int64_t> ints(count);
      std::vector<double> reals(count);
      std::vector<uint8_t> nulls(count);
      int64_t want = 0, low = 0, high = 0;
      uint64_t valid = 0;
      for (uint32_t i = 0; i < count; ++i) {
        ints[i] = static_cast<int64_t>(random() % 100000) - 50000;
        reals[i] = static_cast<double>(ints[i]);
        nulls[i] = random() % 3 == 0;
        if (nulls[i]) continue;
        want += ints[i];
        low = valid == 0 || ints[i] < low ? ints[i] : low;
        high = valid == 0 || ints[i] > high ? ints[i] : high;
        ++valid;
      }
      int64_t sum = 0, got = 0;
      double real = 0;
      uint64_t non_null = 0;
      uint32_t stopped = 0;
      CHECK(sum_ints(ints.data(), nulls.data(), nullptr, count, &sum, &non_null, &stopped));
      CHECK(sum == want);
      CHECK(non_null == valid);
      CHECK(min_ints(ints.data(), nulls.data(), nullptr, count, &got) == (valid > 0));
      if (valid > 0) CHECK(got == low);
      CHECK(max_reals(reals.data(), nulls.data(), nullptr, count, &real) == (valid > 0));
      if (valid > 0) CHECK(real == static_cast<double>(high));
      std::vector<uint64_t> hashes(count);
      hash_ints(ints.data(), nullptr, count, false, hashes.data());
      for (uint32_t i = 0; i < count; ++i) CHECK(hashes[i] == hash_int(ints[i]));
    }
    std::vector<int64_t> big{INT64_MAX - 5, 3, 9, 1};
    int64_t sum = 0;
    uint64_t non_null = 0;
    uint32_t stopped = 0;
    CHECK(!sum_ints(big.data(), nullptr, nullptr, 4, &sum, &non_null, &stopped));
    CHECK(stopped == 2);
    CHECK(sum == INT64_MAX - 2);
  });
}

TEST_CASE("Byte search finds the first occurrence") {
  for_each_isa([] {
    std::mt19937_64 random(13);
    for (int round = 0; round < 3000; ++round) {
      std::string text, needle;
      for (uint64_t i = random() % 200; i > 0; --i) text.push_back("abAB"[random() % 4]);
      for (uint64_t i = random() % 6; i > 0; --i) needle.push_back("ab"[random() % 2]);
      size_t at = text.find(needle);
      const char* got = find_bytes(text.data(), text.size(), needle.data(), needle.size());
      CHECK((got == nullptr ? std::string::npos : static_cast<size_t>(got - text.data())) == at);
      std::string folded = text;
      for (char& c : folded) c = static_cast<char>(std::tolower(c));
      at = folded.find(needle);
      got = find_bytes_nocase(text.data(), text.size(), needle.data(), needle.size());
      CHECK((got == nullptr ? std::string::npos : static_cast<size_t>(got - text.data())) == at);
    }
  });
}

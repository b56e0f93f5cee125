// Allocations that fail on order, and a count of what was not given back. In force for everything this program links:
// CMakeLists.txt wraps malloc and its relatives, operator new is replaced.
#pragma once

#include <cstdint>

namespace sqlrite::test {

enum class Failing : uint8_t { Once, FromThenOn };

// The `number`-th allocation from here on fails (from 1), or that one and all behind it. 0: none.
void fail_allocation(uint64_t number, Failing failing);
void stop_failing();
// Of allocations since fail_allocation().
uint64_t allocations_seen();
uint64_t allocations_failed();
// Blocks that were not given back.
int64_t blocks_held();

}  // namespace sqlrite::test

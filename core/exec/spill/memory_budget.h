// What the operators of one running statement may keep in memory together. An operator tells how much it holds as it
// grows; once all of them hold more than the budget, those with more than a small part of it write rows to temporary
// files.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sqlrite::exec {

struct MemoryBudget {
  static constexpr size_t kDefaultLimitBytes = 64u << 20;
  // An operator that holds less than this part of the budget does not spill on account of others.
  static constexpr size_t kSmallestPart = 8;

  size_t limit_bytes = kDefaultLimitBytes;
  size_t used_bytes = 0;
  uint32_t run = 1;

  // How many keys a hash table may make room for on account of an estimate: slots of at most a quarter of the budget.
  static uint64_t keys_expected(const MemoryBudget* budget, double estimate) {
    double most = budget != nullptr ? static_cast<double>(budget->limit_bytes / 128) : 4e6;
    return static_cast<uint64_t>(estimate < most ? estimate : most);
  }

  void begin_run(size_t limit) {
    limit_bytes = limit;
    used_bytes = 0;
    ++run;
  }
};

// The part that one operator holds. What it held in an earlier run is forgotten by itself.
class MemoryShare {
 public:
  // The owner holds `held_bytes` now. True: it is to spill. `budget` null: there is nothing to spill to.
  bool must_spill(MemoryBudget* budget, size_t held_bytes) {
    if (budget == nullptr) return false;
    if (budget != budget_ || run_ != budget->run) {
      budget_ = budget;
      run_ = budget->run;
      held_bytes_ = 0;
    }
    budget->used_bytes += held_bytes - held_bytes_;
    held_bytes_ = held_bytes;
    return budget->used_bytes > budget->limit_bytes && held_bytes >= budget->limit_bytes / MemoryBudget::kSmallestPart;
  }
  // The owner gave its memory back. REQUIRES: the budget of the last call is alive.
  void release() {
    if (budget_ != nullptr && run_ == budget_->run) budget_->used_bytes -= held_bytes_;
    budget_ = nullptr;
    held_bytes_ = 0;
  }

 private:
  MemoryBudget* budget_ = nullptr;
  uint32_t run_ = 0;
  size_t held_bytes_ = 0;
};

}  // namespace sqlrite::exec

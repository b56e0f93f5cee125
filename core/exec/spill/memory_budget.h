// What the operators of one running statement may keep in memory together. An operator tells how much it holds as it
// grows; once all of them hold more than the budget, those with more than a small part of it write rows to temporary
// files. Above the hard limit, if there is one, the statement ends with NOMEM at its next check for interrupts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sqlrite::exec {

struct MemoryBudget {
  static constexpr size_t kDefaultLimitBytes = 64u << 20;
  // An operator that holds less than this part of the budget does not spill on account of others.
  static constexpr size_t kSmallestPart = 8;

  size_t limit_bytes = kDefaultLimitBytes;
  size_t hard_limit_bytes = SIZE_MAX;
  size_t used_bytes = 0;
  uint32_t run = 1;

  // How many keys a hash table may make room for on account of an estimate: slots of at most a quarter of the budget.
  static uint64_t keys_expected(const MemoryBudget* budget, double estimate) {
    double most = budget != nullptr ? static_cast<double>(budget->limit_bytes / 128) : 4e6;
    return static_cast<uint64_t>(estimate < most ? estimate : most);
  }

  // Whether an operator that holds so much is to write it to files.
  bool asks_to_spill(size_t held_bytes) const {
    return used_bytes > limit_bytes && held_bytes >= limit_bytes / kSmallestPart;
  }
  bool is_exhausted() const { return used_bytes > hard_limit_bytes; }

  // The settings of the connection; 0: none.
  void begin_run(int64_t soft_limit, int64_t hard_limit) {
    limit_bytes = soft_limit > 0 ? static_cast<size_t>(soft_limit) : kDefaultLimitBytes;
    hard_limit_bytes = hard_limit > 0 ? static_cast<size_t>(hard_limit) : SIZE_MAX;
    // What spills does so in good time.
    if (limit_bytes > hard_limit_bytes / 2) limit_bytes = hard_limit_bytes / 2;
    used_bytes = 0;
    ++run;
  }
};

// The part that one operator holds. What it held in an earlier run is forgotten by itself.
class MemoryShare {
 public:
  // The owner holds `held_bytes` now. ExecContext::must_spill() does the same for what can spill.
  void report(MemoryBudget& budget, size_t held_bytes) {
    if (&budget != budget_ || run_ != budget.run) {
      budget_ = &budget;
      run_ = budget.run;
      held_bytes_ = 0;
    }
    budget.used_bytes += held_bytes - held_bytes_;
    held_bytes_ = held_bytes;
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

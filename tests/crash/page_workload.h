// A workload of page writes with a known outcome: the state after every transaction is remembered, and a database can
// be asked which of these states it shows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "os/fault/fault_vfs.h"
#include "os/memory/memory_vfs.h"
#include "storage/pager/pager.h"

namespace sqlrite::test {

struct WorkloadOptions {
  const char* path = "/crash.db";
  storage::JournalMode mode = storage::JournalMode::Wal;
  storage::Synchronous level = storage::Synchronous::Full;
  uint32_t transaction_count = 40;
  uint32_t page_size_bytes = 512;
  uint32_t page_count_max = 14;
  int auto_checkpoint = 12;
  uint64_t seed = 1;
};

// Content of a page: which transaction wrote it last. 0: not in the file.
using PageState = std::vector<uint32_t>;

class PageWorkload {
 public:
  explicit PageWorkload(const WorkloadOptions& options);
  const WorkloadOptions& options() const { return options_; }
  // Opens the database the way the workload does.
  Result<std::unique_ptr<storage::Pager>> open(os::Vfs& vfs) const;
  // Runs transaction `number` (from 1). On success it is the newest state, and numbers count on.
  Status run_transaction(storage::Pager& pager, uint32_t number);
  // The same in parts, for commits that are more than this pager's.
  Status begin_transaction(storage::Pager& pager, uint32_t number);
  void end_transaction(storage::Pager& pager, uint32_t number, bool committed);
  // Opens the database on `vfs` and runs all transactions, each noted by its number among the recorded effects. With
  // `restart`, the database is closed and opened again in the middle: that is made of operations too.
  Status run_all(os::FaultVfs& vfs, bool restart);
  // States a database may show, by transaction number; states()[0] is the empty file.
  const std::vector<PageState>& states() const { return states_; }
  // Which state the database shows; -1 and a reason when it is none of them.
  int identify(os::Vfs& vfs, std::string* reason) const;
  // As above, through a pager that is open.
  int identify(storage::Pager& pager, std::string* reason) const;

 private:
  static void fill_page(uint8_t* page, uint32_t page_size_bytes, uint32_t id, uint32_t number);
  WorkloadOptions options_;
  std::vector<PageState> states_;
  PageState pending_;
};

}  // namespace sqlrite::test

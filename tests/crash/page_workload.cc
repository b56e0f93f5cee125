#include "crash/page_workload.h"

#include <cstring>

#include "base/endian.h"

namespace sqlrite::test {

using storage::kNewestView;
using storage::Pager;

namespace {

struct Draw {
  uint64_t state;
  uint32_t below(uint32_t limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state >> 33) % limit);
  }
};

constexpr uint32_t kNumberOffset = 60;  // user version

}  // namespace

PageWorkload::PageWorkload(const WorkloadOptions& options) : options_(options) { states_.push_back({}); }

Result<std::unique_ptr<Pager>> PageWorkload::open(os::Vfs& vfs) const {
  storage::PagerOptions pager_options;
  pager_options.page_size_bytes = options_.page_size_bytes;
  pager_options.default_journal_mode = options_.mode;
  SQLRITE_TRY_ASSIGN(std::unique_ptr<Pager> pager, Pager::open(vfs, options_.path, pager_options));
  pager->set_synchronous(options_.level);
  pager->set_auto_checkpoint(options_.auto_checkpoint);
  return pager;
}

// Every word of a page tells page, transaction and place, so that no torn mixture passes.
void PageWorkload::fill_page(uint8_t* page, uint32_t page_size_bytes, uint32_t id, uint32_t number) {
  for (uint32_t at = id == 1 ? 100 : 0; at + 4 <= page_size_bytes; at += 4)
    store_be32(page + at, number * 2654435761u ^ (id * 40503u + at));
}

Status PageWorkload::begin_transaction(Pager& pager, uint32_t number) {
  PageState& state = pending_;
  state = states_.back();
  Draw draw{options_.seed * 1000003 + number};
  SQLRITE_TRY(pager.begin_immediate());
  auto run = [&]() -> Status {
    if (state.empty()) {
      SQLRITE_TRY_ASSIGN(PageId id, pager.append_page());
      static_cast<void>(id);
      SQLRITE_TRY_ASSIGN(uint8_t* page, pager.fetch_mut(PageId{1}));
      std::memcpy(page, "SQLite format 3", 16);
      store_be16(page + 16, static_cast<uint16_t>(options_.page_size_bytes));
      page[18] = page[19] = 1;
      page[21] = 64;
      page[22] = page[23] = 32;
      state.push_back(number);
    }
    uint32_t changes = 1 + draw.below(4);
    for (uint32_t i = 0; i < changes; ++i) {
      uint32_t id = 2 + draw.below(options_.page_count_max - 1);
      if (id > state.size()) {
        SQLRITE_TRY_ASSIGN(PageId appended, pager.append_page());
        id = appended.value;
        state.push_back(number);
      }
      state[id - 1] = number;
      SQLRITE_TRY_ASSIGN(uint8_t* page, pager.fetch_mut(PageId{id}));
      fill_page(page, options_.page_size_bytes, id, number);
    }
    if (draw.below(9) == 0 && state.size() > 4) {
      uint32_t count = static_cast<uint32_t>(state.size()) - 1 - draw.below(2);
      pager.truncate_pages(count);
      state.resize(count);
    }
    SQLRITE_TRY_ASSIGN(uint8_t* first, pager.fetch_mut(PageId{1}));
    store_be32(first + kNumberOffset, number);
    fill_page(first, options_.page_size_bytes, 1, number);
    state[0] = number;
    return {};
  };
  return run();
}

void PageWorkload::end_transaction(Pager& pager, uint32_t number, bool committed) {
  if (!committed && pager.is_writing()) pager.rollback();
  pager.end_read();
  if (!committed) return;
  while (states_.size() < number) states_.push_back(states_.back());
  states_.push_back(pending_);
}

Status PageWorkload::run_transaction(Pager& pager, uint32_t number) {
  Status status = begin_transaction(pager, number);
  if (status.ok()) status = pager.commit();
  end_transaction(pager, number, status.ok());
  return status;
}

Status PageWorkload::run_all(os::FaultVfs& vfs, bool restart) {
  SQLRITE_TRY_ASSIGN(std::unique_ptr<Pager> pager, open(vfs));
  for (uint32_t number = 1; number <= options_.transaction_count; ++number) {
    SQLRITE_TRY(run_transaction(*pager, number));
    vfs.note(number);
    if (restart && number == options_.transaction_count / 2) {
      pager.reset();
      SQLRITE_TRY_ASSIGN(pager, open(vfs));
    }
  }
  return {};
}

int PageWorkload::identify(os::Vfs& vfs, std::string* reason) const {
  auto opened = open(vfs);
  if (!opened.ok()) {
    *reason = "open: " + std::string(opened.status().message());
    return -1;
  }
  return identify(*opened.value(), reason);
}

int PageWorkload::identify(Pager& pager, std::string* reason) const {
  Status status = pager.begin_read();
  if (!status.ok()) {
    *reason = "begin_read: " + std::string(status.message());
    return -1;
  }
  auto judge = [&]() -> int {
    uint32_t count = pager.page_count(kNewestView);
    if (count == 0) return 0;
    auto first = pager.fetch(PageId{1}, kNewestView);
    if (!first.ok()) {
      *reason = "page 1: " + std::string(first.status().message());
      return -1;
    }
    uint32_t number = load_be32(first.value().data() + kNumberOffset);
    if (number >= states_.size()) {
      *reason = "page 1 names transaction " + std::to_string(number);
      return -1;
    }
    const PageState& state = states_[number];
    if (state.size() != count) {
      *reason = std::to_string(count) + " pages where transaction " + std::to_string(number) + " left " +
                std::to_string(state.size());
      return -1;
    }
    std::vector<uint8_t> expected(options_.page_size_bytes);
    for (uint32_t id = 1; id <= count; ++id) {
      auto page = pager.fetch(PageId{id}, kNewestView);
      if (!page.ok()) {
        *reason = "page " + std::to_string(id) + ": " + std::string(page.status().message());
        return -1;
      }
      fill_page(expected.data(), options_.page_size_bytes, id, state[id - 1]);
      uint32_t from = id == 1 ? 100 : 0;
      if (std::memcmp(expected.data() + from, page.value().data() + from, options_.page_size_bytes - from) != 0) {
        *reason = "page " + std::to_string(id) + " is not as transaction " + std::to_string(number) + " left it";
        return -1;
      }
    }
    return static_cast<int>(number);
  };
  int result = judge();
  pager.end_read();
  return result;
}

}  // namespace sqlrite::test

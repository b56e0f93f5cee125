// AUTOINCREMENT: the largest rowid a table ever had, kept in sqlite_sequence(name, seq).
#pragma once

#include "exec/change/change_executor.h"
#include "storage/btree/btree.h"
#include "storage/record/record.h"

namespace sqlrite::exec {

class Sequence {
 public:
  // Reads the table's entry; none counts as zero.
  Status load(ExecContext& context, ChangeHost& host, const catalog::Table& table);
  int64_t value() const { return value_; }
  void raise(int64_t rowid) {
    if (rowid > value_) {
      value_ = rowid;
      changed_ = true;
    }
  }
  // Writes the entry if it has changed.
  Status store();

 private:
  storage::Pager* pager_ = nullptr;
  TextEncoding encoding_ = TextEncoding::Utf8;
  PageId root_;
  std::string_view name_;
  RowId entry_rowid_ = 0;  // 0: no entry yet
  int64_t value_ = 0;
  bool changed_ = false;
};

}  // namespace sqlrite::exec

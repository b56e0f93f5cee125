// The rows of json_each() and json_tree(): a cursor over the elements of a JSON value. The table function's operator
// opens it for each pair of arguments and reads columns of the current row.
#pragma once

#include "functions/function.h"
#include "functions/json/jsonb.h"

namespace sqlrite::functions {

class JsonEach {
 public:
  enum Column : int { kKey, kValue, kType, kAtom, kId, kParent, kFullKey, kPath, kJson, kRoot, kColumnCount };
  static constexpr std::string_view kColumnNames[kColumnCount] = {"key",    "value",   "type", "atom", "id",
                                                                  "parent", "fullkey", "path", "json", "root"};
  // `arena` keeps what the cursor needs while it is open. Tree: descend into containers; jsonb: containers in the value
  // column are JSONB.
  JsonEach(Arena& arena, bool tree, bool as_jsonb)
      : arena_(&arena), parents_(arena), path_(arena), tree_(tree), as_jsonb_(as_jsonb) {}
  // `root` is null when the call has one argument. NULL arguments give no rows.
  Status open(CallContext& ctx, const Value& json, const Value* root);
  bool at_end() const { return at_ >= end_; }
  Status next();
  int64_t rowid() const { return rowid_; }
  // Columns that need bytes put them into `heap`.
  Status column(Column column, Arena& heap, Value* result);

 private:
  struct Parent {
    size_t head;   // where the parent's own row is: its label or itself
    size_t value;  // the container
    size_t end;
    size_t path_size;
    int64_t key;  // of the current child of an array
  };
  size_t value_at() const;
  void append_path_step();
  size_t own_path_size();
  Status key_of_root(Arena& heap, Value* result);

  Arena* arena_;
  std::string_view jsonb_;
  Value json_;
  ArenaVector<Parent> parents_;
  TextBuilder path_;
  bool tree_;
  bool as_jsonb_;
  bool in_array_ = false;
  bool in_object_ = false;
  size_t at_ = 0;
  size_t end_ = 0;
  size_t root_size_ = 0;
  int64_t rowid_ = 0;
};

}  // namespace sqlrite::functions

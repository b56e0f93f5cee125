// RowLookup: plain columns of the one row with a given rowid. It stands for a Project over a TableScan, whose parts
// cost more than the look-up: the result columns are tied to the decoded row once and for all.
#include "exec/operator/key_range.h"
#include "exec/operator/operators.h"
#include "exec/operator/row_fetch.h"

namespace sqlrite::exec {

namespace {

class RowLookup final : public BaseOperator {
 public:
  Status prepare(const plan::ProjectNode& node, const plan::ScanNode& scan, OperatorBuild& build) {
    Arena& arena = *build.arena;
    SQLRITE_TRY(walk_.prepare(scan.access, arena));
    SQLRITE_TRY(fetch_.prepare_table(*scan.access.table, scan.access.fetch, arena));
    std::span<Column> row = arena.make_array<Column>(scan.slot_count);
    fetch_.attach_single(row);
    auto count = static_cast<uint32_t>(node.exprs.size());
    init_batch(count, arena);
    for (uint32_t i = 0; i < count; ++i) columns_[i] = row[static_cast<size_t>(plain_slot(node.exprs[i]))];
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    static const Batch kNoOuter{};
    start(context);
    heap_.reset();
    SQLRITE_TRY(walk_.open_tree(context));
    Value key;
    SQLRITE_TRY(
        walk_.single_key().evaluate_row(eval_, outer_batch != nullptr ? *outer_batch : kNoOuter, outer_row, &key));
    done_ = !rowid_of(key, &rowid_);
    return {};
  }

  Status next(ExecContext&, uint32_t, Batch** out) override {
    if (done_) return finish(out);
    done_ = true;
    SQLRITE_TRY_ASSIGN(bool found, walk_.cursor().find(rowid_));
    if (!found) return finish(out);
    SQLRITE_TRY(fetch_.decode_single(walk_.cursor().cell(), walk_.source(), heap_));
    batch_.select_all(1);
    *out = &batch_;
    return {};
  }

  void close(ExecContext& context) override {
    walk_.close();
    BaseOperator::close(context);
  }

 private:
  RowIdWalk walk_;
  RowFetch fetch_;
  RowId rowid_ = 0;
  bool done_ = false;
};

}  // namespace

bool is_row_lookup(const plan::ProjectNode& node) {
  if (node.input->kind != plan::NodeKind::TableScan) return false;
  const plan::TableAccess& access = static_cast<const plan::ScanNode*>(node.input)->access;
  if (access.table->without_rowid || access.filter != nullptr || !access.key_is_unique || !has_single_key(access.range))
    return false;
  for (const bind::BoundExpr* expr : node.exprs) {
    int32_t slot = plain_slot(expr);
    bool fetched = false;
    for (const plan::ColumnFetch& fetch : access.fetch) fetched = fetched || fetch.slot == slot;
    if (!fetched) return false;
  }
  return true;
}

OperatorResult make_row_lookup(const plan::ProjectNode& node, OperatorBuild& build) {
  std::unique_ptr<RowLookup> made(new (*build.arena) RowLookup);
  SQLRITE_TRY(made->prepare(node, static_cast<const plan::ScanNode&>(*node.input), build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec

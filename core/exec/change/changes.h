// The three kinds of change behind one interface; ChangeExecutor picks one per plan.
#pragma once

#include <memory>

#include "exec/change/change_run.h"
#include "exec/change/row_update.h"
#include "exec/change/sequence.h"

namespace sqlrite::exec {

class Change {
 public:
  virtual ~Change() = default;
  virtual Status prepare(const plan::StatementPlan& plan, Arena& arena) = 0;
  // Runs to the end or to the first failure. `source`: the context of the rows read (see ChangeExecutor::run). On failure
  // *action tells how the constraint wants the statement to end.
  virtual Status run(ChangeRun& run, ExecContext& source, catalog::ConflictAction* action) = 0;
  virtual void close() = 0;
  // A failure can come after a first write, so the statement needs a mark to come back to.
  virtual bool needs_mark() const = 0;
  // Where the statement has sub-queries, some may be run between the changes and not only for the source.
  virtual bool may_query_between() const = 0;
  // The source must not see what is being written.
  virtual bool needs_pinned_source() const = 0;
  ChangeCore core;
};

std::unique_ptr<Change> make_insert();
std::unique_ptr<Change> make_update();
std::unique_ptr<Change> make_delete();

}  // namespace sqlrite::exec

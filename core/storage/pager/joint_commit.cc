#include "storage/pager/joint_commit.h"

#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "os/vfs.h"
#include "storage/journal/super_journal.h"

namespace sqlrite::storage {
namespace {

class JointCommit {
 public:
  JointCommit(os::Vfs& vfs, std::span<Pager* const> pagers) : vfs_(vfs) {
    for (Pager* pager : pagers) (pager->commits_in_steps() ? in_steps_ : at_once_).push_back(pager);
  }

  Status run(std::string_view main_path) {
    Status status = lock();
    if (status.primary() == Code::Busy) return status;
    if (status.ok()) status = guarded([&] { return prepare(main_path); });
    if (status.ok()) status = commit_others();
    if (status.ok()) status = decide();
    if (!status.ok()) {
      roll_back();
      return status;
    }
    for (Pager* pager : in_steps_) {
      Status finished = pager->finish_commit();
      if (!finished.ok() && status.ok()) status = std::move(finished);
    }
    return status;
  }

 private:
  Status lock() {
    for (Pager* pager : in_steps_) SQLRITE_TRY(pager->lock_commit());
    for (Pager* pager : at_once_) SQLRITE_TRY(pager->lock_commit());
    return {};
  }

  Status prepare(std::string_view main_path) {
    std::vector<std::string> journals;
    for (Pager* pager : in_steps_) {
      if (pager->needs_super_journal()) journals.push_back(pager->path() + "-journal");
    }
    if (journals.size() > 1 && !main_path.empty()) {
      SQLRITE_TRY_ASSIGN(super_journal_, create_super_journal(vfs_, main_path, journals));
    }
    for (Pager* pager : in_steps_) {
      SQLRITE_TRY(pager->prepare_commit(pager->needs_super_journal() ? super_journal_ : ""));
    }
    return {};
  }

  Status commit_others() {
    for (Pager* pager : at_once_) SQLRITE_TRY(pager->commit());
    return {};
  }

  // The commit point. A removal that reports an error may have happened all the same.
  Status decide() {
    if (super_journal_.empty()) return {};
    Status status = vfs_.remove(super_journal_, true);
    if (status.ok()) return {};
    auto exists = vfs_.exists(super_journal_);
    if (!exists.ok() || exists.value()) return status;
    log_message(status.code(), "removing the super-journal reported an error, but it is gone: the commit stands");
    return {};
  }

  // The super-journal goes last: a journal that named it would not be played back any more.
  void roll_back() {
    for (Pager* pager : in_steps_) pager->rollback();
    for (Pager* pager : at_once_) pager->rollback();
    if (super_journal_.empty()) return;
    Status status = guarded([&] { return remove_stale_super_journal(vfs_, super_journal_, {}); });
    if (!status.ok()) log_message(status.code(), "the super-journal of a failed commit could not be removed");
  }

  os::Vfs& vfs_;
  std::vector<Pager*> in_steps_;
  std::vector<Pager*> at_once_;
  std::string super_journal_;
};

}  // namespace

Status commit_jointly(os::Vfs& vfs, std::string_view main_path, std::span<Pager* const> pagers) {
  return guarded([&] { return JointCommit(vfs, pagers).run(main_path); });
}

}  // namespace sqlrite::storage

// One commit of several databases.
//
// Those with a rollback journal in a file are committed together or not at all, whatever happens in between, as SQLite
// does it: their journals name one super-journal (super_journal.h), and its removal is the commit. A database with a
// log, in memory or without a journal commits for itself, after the others have shown that they can.
#pragma once

#include <span>
#include <string_view>

#include "base/status.h"
#include "storage/pager/pager.h"

namespace sqlrite::storage {

// `main_path`: where the super-journal goes; empty: there is none, and a power cut may part the databases.
// BUSY leaves all transactions as they are; after any other failure all that could be are rolled back.
// REQUIRES is_writing() of each.
Status commit_jointly(os::Vfs& vfs, std::string_view main_path, std::span<Pager* const> pagers);

}  // namespace sqlrite::storage

// The super-journal: what makes one commit out of the commits of several databases with a rollback journal each.
//
//   file "<main database>-mj" 6 hex digits "9" 2 hex digits: names of the journals, each ended by a zero byte
//   at the end of each journal: lock-byte page number | name | length | checksum (sum of its bytes) | journal magic
//
// The file is durable before a journal names it. As long as it exists, a journal that names it is hot; its removal
// commits all of them at once, whatever is left of the journals then.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/grow_array.h"
#include "base/status.h"
#include "os/vfs.h"

namespace sqlrite::storage {

// Creates a super-journal that names `journals`, in the folder of the main database, and returns its path. Durable on
// return.
Result<std::string> create_super_journal(os::Vfs& vfs, std::string_view main_path,
                                         std::span<const std::string> journals);

// What a journal has at its end to name its super-journal.
[[nodiscard]] bool append_super_journal_record(GrowArray<uint8_t>& out, std::string_view name,
                                               uint32_t page_size_bytes);

// The super-journal that a journal names; empty if none.
Result<std::string> read_super_journal_name(os::File& journal);

// Removes the super-journal `name` if it lists `journal_path` and no other journal in it is still there and names it.
// With an empty path all journals in it are asked.
Status remove_stale_super_journal(os::Vfs& vfs, const std::string& name, const std::string& journal_path);

}  // namespace sqlrite::storage

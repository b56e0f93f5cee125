// What is wrong with a file, for its owner. Results keep SQLite's words ("database disk image is malformed"), which
// programs compare; what exactly was found, and on which page, goes to the log hook.
#pragma once

#include "base/ids.h"
#include "base/status.h"

namespace sqlrite::storage {

// CORRUPT, after `what` was logged about the page. Without a page: about the file as a whole.
[[gnu::cold]] Status corrupt_page(PageId page, const char* what);

}  // namespace sqlrite::storage

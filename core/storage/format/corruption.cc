#include "storage/format/corruption.h"

#include "base/log.h"

namespace sqlrite::storage {

Status corrupt_page(PageId page, const char* what) {
  Status detail = page ? status_format(Code::Corrupt, "corrupt page %u: %s", page.value, what)
                       : status_format(Code::Corrupt, "corrupt file: %s", what);
  log_message(Code::Corrupt, detail.message());
  return Status(Code::Corrupt);
}

}  // namespace sqlrite::storage

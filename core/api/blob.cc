#include "sqlrite/blob.h"

#include "base/guarded.h"
#include "engine/blob.h"
#include "sqlrite/sqlrite.h"

namespace sqlrite {

Blob::Blob() = default;
Blob::Blob(std::unique_ptr<engine::Blob> impl) : impl_(std::move(impl)) {}
Blob::Blob(Blob&&) noexcept = default;
Blob& Blob::operator=(Blob&&) noexcept = default;
Blob::~Blob() = default;

uint32_t Blob::size_bytes() const { return impl_->size_bytes(); }
Status Blob::read(uint32_t offset, void* out, uint32_t size_bytes) { return impl_->read(offset, out, size_bytes); }

Status Blob::write(uint32_t offset, std::string_view bytes) {
  return guarded([&] { return impl_->write(offset, bytes.data(), static_cast<int64_t>(bytes.size())); });
}

Status Blob::reopen(int64_t rowid) { return impl_->reopen(rowid); }

Status Blob::close() {
  if (impl_ == nullptr) return {};
  Status status = impl_->close();
  impl_.reset();
  return status;
}

Result<Blob> Connection::open_blob(std::string_view database, std::string_view table, std::string_view column,
                                   int64_t rowid, bool writable) {
  return guarded([&]() -> Result<Blob> {
    SQLRITE_TRY_ASSIGN(auto impl, engine::Blob::open(*impl_, database, table, column, rowid, writable));
    return Blob(std::move(impl));
  });
}

}  // namespace sqlrite

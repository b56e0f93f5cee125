#include "handles.h"

#include <cstring>
#include <new>

#include "types/utf.h"
#include "types/value_text.h"

namespace sqlrite::compat {

namespace {

// Free slots, first in first out. Slots are made anew until a few wait, so that a stale handle stays recognisable.
template <typename Slot>
class SlotList {
 public:
  Slot* take() {
    os::LockGuard<os::Mutex> guard(mutex_);
    constexpr size_t kWaitingMin = 64;
    if (count_ <= kWaitingMin) return new (std::nothrow) Slot();
    Slot* slot = first_;
    first_ = slot->next_free;
    slot->next_free = nullptr;
    --count_;
    return slot;
  }
  void give(Slot* slot) {
    os::LockGuard<os::Mutex> guard(mutex_);
    slot->next_free = nullptr;
    if (count_++ == 0) {
      first_ = slot;
    } else {
      last_->next_free = slot;
    }
    last_ = slot;
  }

 private:
  os::Mutex mutex_;
  Slot* first_ = nullptr;
  Slot* last_ = nullptr;
  size_t count_ = 0;
};

// Empties a container or text, its memory included.
template <typename T>
void release(T& container) {
  T().swap(container);
}

// Never destroyed: handles may be used by other destructors at the end of the process.
SlotList<sqlite3>& connection_slots() {
  static auto* list = new SlotList<sqlite3>();
  return *list;
}
SlotList<sqlite3_stmt>& statement_slots() {
  static auto* list = new SlotList<sqlite3_stmt>();
  return *list;
}

}  // namespace

void release_boxes(PointerBox*& list, int parameter) {
  PointerBox** at = &list;
  while (*at != nullptr) {
    PointerBox* box = *at;
    if (parameter != 0 && box->parameter != parameter) {
      at = &box->next;
      continue;
    }
    *at = box->next;
    if (box->destroy != nullptr) box->destroy(box->pointer);
    delete box;
  }
}

sqlite3* take_connection_slot() { return connection_slots().take(); }

void free_connection_slot(sqlite3* db) {
  release_boxes(db->result_boxes, 0);
  std::vector<ClientData> data;
  data.swap(db->client_data);
  for (ClientData& entry : data) {
    if (entry.destroy != nullptr) entry.destroy(entry.data);
  }
  db->connection = nullptr;
  db->open = false;
  db->failed_open = false;
  db->error_mask = 0xff;
  // A slot at rest holds no memory.
  release(db->message16);
  release(db->filenames);
  release(db->names);
  release(db->metadata_type);
  release(db->metadata_collation);
  db->update_hook = nullptr;
  db->wal_hook = nullptr;
  db->collation_needed = nullptr;
  db->collation_needed16 = nullptr;
  db->trace_v2 = nullptr;
  db->trace = nullptr;
  db->profile = nullptr;
  db->autovacuum_destroy = nullptr;
  connection_slots().give(db);
}

sqlite3_stmt* take_statement_slot() { return statement_slots().take(); }

void free_statement_slot(sqlite3_stmt* statement) {
  release_boxes(statement->boxes, 0);
  delete[] statement->values;
  delete statement->names16;
  statement->values = nullptr;
  statement->value_count = 0;
  release(statement->value_stamps);
  statement->names16 = nullptr;
  release(statement->normalized);
  statement->impl = nullptr;
  statement->db = nullptr;
  statement_slots().give(statement);
}

std::string_view bytes_of(const void* data, int64_t size) {
  if (data == nullptr) return {};
  const char* text = static_cast<const char*>(data);
  return {text, size < 0 ? std::strlen(text) : static_cast<size_t>(size)};
}

std::string_view bytes16_of(const void* data, int64_t size) {
  if (data == nullptr) return {};
  const char* text = static_cast<const char*>(data);
  if (size >= 0) return {text, static_cast<size_t>(size) & ~size_t{1}};
  size_t length = 0;
  while (text[length] != 0 || text[length + 1] != 0) length += 2;
  return {text, length};
}

std::string utf8_of(const void* text16, int64_t size) {
  Arena heap(256);
  auto text = utf16_to_utf8(bytes16_of(text16, size), kNativeUtf16, heap);
  return text.ok() ? std::string(text.value()) : std::string();
}

char* allocated_copy(std::string_view text) {
  char* copy = static_cast<char*>(sqlite3_malloc64(text.size() + 1));
  if (copy == nullptr) return nullptr;
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

}  // namespace sqlrite::compat

bool sqlite3_mutex::try_enter() {
  if (held()) {
    ++depth;
    return true;
  }
  if (!mutex.try_lock()) return false;
  owner.store(sqlrite::compat::thread_token(), std::memory_order_relaxed);
  depth = 1;
  return true;
}

std::string_view sqlite3_value::as_text() {
  using namespace sqlrite;
  if (value.is_null()) return {};
  if (value.is_bytes() &&
      (value.flags & (value_flags::kNulFollows | value_flags::kZeroBlob)) == value_flags::kNulFollows &&
      value.owner != ValueOwner::Page) {
    return value.view();
  }
  if (text.data() != nullptr) return text;
  Arena* into = arena();
  if (into == nullptr) return {};
  if ((value.flags & value_flags::kZeroBlob) != 0 && !make_bytes(value, *into).ok()) return {};
  NumberText buffer;
  text = into->try_copy(text_of(value, buffer));
  return text;
}

std::string_view sqlite3_value::as_text16(sqlrite::TextEncoding encoding) {
  using namespace sqlrite;
  if (value.is_null()) return {};
  if (text16.data() != nullptr && text16_encoding == encoding) return text16;
  std::string_view utf8 = as_text();
  Arena* into = arena();
  if (utf8.data() == nullptr || into == nullptr) return {};
  if (value.type == ValueType::Blob) {
    // Bytes of a blob are taken as they are, with two zero bytes behind them.
    char* copy = static_cast<char*>(into->try_allocate(utf8.size() + 2, 2));
    if (copy == nullptr) return {};
    if (!utf8.empty()) std::memcpy(copy, utf8.data(), utf8.size());
    copy[utf8.size()] = copy[utf8.size() + 1] = '\0';
    text16 = {copy, utf8.size() & ~size_t{1}};
  } else {
    auto converted = utf8_to_utf16(utf8, encoding, *into);
    if (!converted.ok()) return {};
    text16 = converted.value();
  }
  text16_encoding = encoding;
  return text16;
}

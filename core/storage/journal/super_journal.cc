#include "storage/journal/super_journal.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/endian.h"
#include "base/guarded.h"
#include "base/planted_bug.h"
#include "storage/journal/journal_playback.h"

namespace sqlrite::storage {
namespace {

constexpr int kNameTriesMax = 100;
constexpr uint32_t kNameSizeMaxBytes = 4096;
constexpr size_t kSuffixSizeBytes = 12;  // -mjXXXXXX9XX

// Only files that look like a super-journal are ever removed, whatever a journal says.
bool is_super_journal_name(std::string_view name) {
  if (name.size() < kSuffixSizeBytes) return false;
  std::string_view suffix = name.substr(name.size() - kSuffixSizeBytes);
  if (suffix.substr(0, 3) != "-mj" || suffix[9] != '9') return false;
  return suffix.find_first_not_of("0123456789abcdefABCDEF", 3) == std::string_view::npos;
}

// Plain char, signed or not, is what SQLite adds up on the same machine.
uint32_t name_checksum(std::string_view name) {
  uint32_t sum = 0;
  for (char c : name) sum += static_cast<uint32_t>(c);
  return sum;
}

Result<std::string> unused_name(os::Vfs& vfs, std::string_view main_path) {
  for (int i = 0; i < kNameTriesMax; ++i) {
    const uint32_t random = static_cast<uint32_t>(vfs.random().next());
    char suffix[kSuffixSizeBytes + 1];
    std::snprintf(suffix, sizeof suffix, "-mj%06X9%02X", random >> 8, random & 0xff);
    std::string name = std::string(main_path) + suffix;
    SQLRITE_TRY_ASSIGN(bool exists, vfs.exists(name));
    if (!exists) return name;
  }
  return Status(Code::CantOpen);
}

Status write_names(os::File& file, std::span<const std::string> journals) {
  std::string names;
  for (const std::string& journal : journals) names.append(journal).push_back('\0');
  SQLRITE_TRY(file.write_at(0, names.data(), names.size()));
  return file.sync(os::SyncKind::Full);
}

Result<bool> names_super_journal(os::Vfs& vfs, const std::string& journal_path, const std::string& name) {
  SQLRITE_TRY_ASSIGN(bool exists, vfs.exists(journal_path));
  if (!exists) return false;
  os::OpenOptions options;
  options.role = os::FileRole::Journal;
  options.read_only = true;
  SQLRITE_TRY_ASSIGN(auto journal, vfs.open(journal_path, options));
  SQLRITE_TRY_ASSIGN(std::string named, read_super_journal_name(*journal));
  return named == name;
}

Result<std::string> read_names(os::Vfs& vfs, const std::string& path) {
  os::OpenOptions options;
  options.role = os::FileRole::SuperJournal;
  options.read_only = true;
  SQLRITE_TRY_ASSIGN(auto file, vfs.open(path, options));
  SQLRITE_TRY_ASSIGN(uint64_t size, file->size());
  std::string names(size, '\0');
  SQLRITE_TRY_ASSIGN(size_t got, file->read_at(0, names.data(), names.size()));
  names.resize(got);
  return names;
}

}  // namespace

Result<std::string> create_super_journal(os::Vfs& vfs, std::string_view main_path,
                                         std::span<const std::string> journals) {
  SQLRITE_TRY_ASSIGN(std::string name, unused_name(vfs, main_path));
  os::OpenOptions options;
  options.role = os::FileRole::SuperJournal;
  options.exclusive = true;
  options.fall_back_to_read_only = false;
  SQLRITE_TRY_ASSIGN(auto file, vfs.open(name, options));
  Status status = guarded([&] { return write_names(*file, journals); });
  if (status.ok() && !SQLRITE_PLANTED_BUG(31)) status = vfs.sync_directory(name);
  if (status.ok()) return name;
  file.reset();
  vfs.remove(name, false).ignore();
  return status;
}

bool append_super_journal_record(GrowArray<uint8_t>& out, std::string_view name, uint32_t page_size_bytes) {
  uint8_t* at = out.append(4 + name.size() + 8 + sizeof kJournalMagic);
  if (at == nullptr) return false;
  store_be32(at, static_cast<uint32_t>(os::lock_bytes::kPending / page_size_bytes) + 1);
  std::memcpy(at + 4, name.data(), name.size());
  at += 4 + name.size();
  store_be32(at, static_cast<uint32_t>(name.size()));
  store_be32(at + 4, name_checksum(name));
  std::memcpy(at + 8, kJournalMagic, sizeof kJournalMagic);
  return true;
}

Result<std::string> read_super_journal_name(os::File& journal) {
  constexpr uint32_t kTailSizeBytes = 16;
  SQLRITE_TRY_ASSIGN(uint64_t size, journal.size());
  if (size < kTailSizeBytes) return std::string();
  uint8_t tail[kTailSizeBytes];
  SQLRITE_TRY_ASSIGN(size_t got, journal.read_at(size - kTailSizeBytes, tail, kTailSizeBytes));
  const uint32_t length = load_be32(tail);
  if (got < kTailSizeBytes || std::memcmp(tail + 8, kJournalMagic, sizeof kJournalMagic) != 0) return std::string();
  if (length == 0 || length > kNameSizeMaxBytes || length > size - kTailSizeBytes) return std::string();
  std::string name(length, '\0');
  SQLRITE_TRY_ASSIGN(got, journal.read_at(size - kTailSizeBytes - length, name.data(), length));
  if (got < length || name_checksum(name) != load_be32(tail + 4) || !is_super_journal_name(name)) return std::string();
  return name;
}

Status remove_stale_super_journal(os::Vfs& vfs, const std::string& name, const std::string& journal_path) {
  SQLRITE_TRY_ASSIGN(std::string names, read_names(vfs, name));
  bool lists_us = journal_path.empty();
  for (size_t at = 0; at < names.size();) {
    const size_t end = std::min(names.find('\0', at), names.size());
    std::string other = names.substr(at, end - at);
    at = end + 1;
    if (other == journal_path) {
      lists_us = true;
      continue;
    }
    SQLRITE_TRY_ASSIGN(bool needed, names_super_journal(vfs, other, name));
    if (needed) return {};
  }
  return lists_us ? vfs.remove(name, false) : Status();
}

}  // namespace sqlrite::storage

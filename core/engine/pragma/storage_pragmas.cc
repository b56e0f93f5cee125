// PRAGMAs about a database file: its pages, journal, header values.
#include <algorithm>

#include "catalog/loader.h"
#include "engine/ddl/schema_writer.h"
#include "engine/pragma/pragma.h"
#include "storage/btree/btree.h"
#include "storage/pager/database_header.h"

namespace sqlrite::engine {

namespace {

constexpr int64_t kCacheSizeDefault = -2000;
constexpr const char* kJournalModes[] = {"delete", "truncate", "persist", "memory", "off", "wal"};

int header_slot(std::string_view name) {
  return iequals(name, "schema_version") ? 1 : iequals(name, "user_version") ? 6 : 8;
}

// temp without content has no pager yet, but its settings are asked for all the same.
Status need_pager(PragmaCall& call) {
  if (call.database == kTempDatabase.value) return call.connection.ensure_temp();
  return {};
}

}  // namespace

Status pragma_page_size(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  if (call.has_value) {
    int64_t wanted = pragma_integer(call.value);
    call.connection.settings().vacuum_page_size = wanted;
    if (storage::is_page_size(static_cast<uint64_t>(wanted)))
      call.pager()->set_page_size(static_cast<uint32_t>(wanted), -1).ignore();
    return {};
  }
  SQLRITE_TRY(pragma_read(call));
  call.rows.add_integer(call.pager()->page_size_bytes());
  return {};
}

Status pragma_page_count(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  SQLRITE_TRY(pragma_read(call));
  call.rows.add_integer(call.pager()->page_count(storage::kNewestView));
  return {};
}

Status pragma_freelist_count(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  SQLRITE_TRY(pragma_read(call));
  uint32_t count = 0;
  if (call.pager()->page_count(storage::kNewestView) > 0) {
    SQLRITE_TRY_ASSIGN(count, storage::freelist_count(*call.pager(), storage::kNewestView));
  }
  call.rows.add_integer(count);
  return {};
}

Status pragma_max_page_count(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  SQLRITE_TRY(pragma_read(call));
  if (call.has_value) {
    int64_t wanted = 0;
    int64_t count = call.pager()->page_count(storage::kNewestView);
    if (pragma_whole_integer(call.value, &wanted) && wanted > 0)
      call.pager()->set_max_page_count(static_cast<uint32_t>(std::min<int64_t>(std::max(wanted, count), 0xfffffffe)));
  }
  call.rows.add_integer(call.pager()->max_page_count());
  return {};
}

Status pragma_journal_mode(PragmaCall& call) {
  Connection& connection = call.connection;
  SQLRITE_TRY(need_pager(call));
  int wanted = -1;
  for (int i = 0; call.has_value && i < 6; ++i) {
    if (iequals(call.value, kJournalModes[i])) wanted = i;
  }
  // The older name for many writers at once means the WAL.
  if (call.has_value && iequals(call.value, "mvcc")) wanted = static_cast<int>(storage::JournalMode::Wal);
  auto mode = call.pager()->journal_mode();
  for (uint32_t i = connection.database_count(); i-- > 0;) {
    if (wanted >= 0 && !call.has_schema ? false : i != call.database) continue;
    storage::Pager* pager = connection.database(i).pager.get();
    if (pager == nullptr) continue;
    if (wanted < 0) {
      SQLRITE_TRY(pragma_read(call));
      mode = pager->journal_mode();
      continue;
    }
    auto mode_wanted = static_cast<storage::JournalMode>(wanted);
    bool crosses_wal =
        (mode_wanted == storage::JournalMode::Wal) != (pager->journal_mode() == storage::JournalMode::Wal);
    if (crosses_wal && !connection.is_autocommit() && !pager->is_memory() && !pager->has_changes()) {
      return Status(Code::Error, mode_wanted == storage::JournalMode::Wal
                                     ? "cannot change into wal mode from within a transaction"
                                     : "cannot change out of wal mode from within a transaction");
    }
    auto set = pager->set_journal_mode(mode_wanted);
    if (!set.ok()) return set.take_status();
    if (i == call.database) mode = set.value();
  }
  call.rows.add_text(kJournalModes[static_cast<int>(mode)]);
  return {};
}

Status pragma_journal_size_limit(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  if (call.has_value) call.pager()->set_journal_size_limit(std::max<int64_t>(pragma_integer(call.value), -1));
  call.rows.add_integer(call.pager()->journal_size_limit());
  return {};
}

Status pragma_synchronous(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  if (!call.has_value) {
    call.rows.add_integer(static_cast<int>(call.pager()->synchronous()));
    return {};
  }
  if (!call.connection.is_autocommit())
    return Status(Code::Error, "Safety level may not be changed inside a transaction");
  int level = 1;
  if (!call.value.empty() && call.value[0] >= '0' && call.value[0] <= '9') {
    // SQLite counts levels from one in three bits, and takes none of them for OFF.
    level = std::clamp(((static_cast<int>(pragma_integer(call.value)) + 1) & 7) - 1, 0, 3);
  } else if (iequals(call.value, "full")) {
    level = 2;
  } else if (iequals(call.value, "extra")) {
    level = 3;
  } else if (iequals(call.value, "off") || iequals(call.value, "no") || iequals(call.value, "false")) {
    level = 0;
  }
  if (call.database != kTempDatabase.value) call.pager()->set_synchronous(static_cast<storage::Synchronous>(level));
  return {};
}

Status pragma_cache_size(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  if (call.has_value) {
    call.pager()->set_cache_size(pragma_int32_or_zero(call.value));
  } else {
    call.rows.add_integer(call.pager()->cache_size());
  }
  return {};
}

Status pragma_cache_spill(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  Connection& connection = call.connection;
  bool& allowed = connection.settings().cache_spill;
  if (!call.has_value) {
    call.rows.add_integer(allowed ? call.pager()->spill_size_pages() : 0);
    return {};
  }
  int32_t size = 1;
  if (pragma_int32(call.value, &size)) call.pager()->set_spill_size(size);
  allowed = pragma_boolean(call.value, size != 0);
  for (uint32_t i = 0; i < connection.database_count(); ++i) {
    if (storage::Pager* pager = connection.database(i).pager.get(); pager != nullptr) pager->set_spilling(allowed);
  }
  return {};
}

Status pragma_default_cache_size(PragmaCall& call) {
  if (call.has_value) {
    SQLRITE_TRY(pragma_write(call));
    int64_t size = std::abs(int64_t{pragma_int32_or_zero(call.value)});
    SQLRITE_TRY(storage::write_meta(*call.pager(), 3, static_cast<uint32_t>(size)));
    call.pager()->set_cache_size(size);
    return {};
  }
  SQLRITE_TRY(need_pager(call));
  SQLRITE_TRY(pragma_read(call));
  uint32_t size = 0;
  if (call.pager()->page_count(storage::kNewestView) > 0) {
    SQLRITE_TRY_ASSIGN(size, storage::read_meta(*call.pager(), storage::kNewestView, 3));
  }
  call.rows.add_integer(size != 0 ? std::abs(static_cast<int32_t>(size)) : kCacheSizeDefault);
  return {};
}

Status pragma_auto_vacuum(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  Database& database = call.connection.database(call.database);
  storage::Pager& pager = *database.pager;
  SQLRITE_TRY(pragma_read(call));
  bool empty = pager.page_count(storage::kNewestView) == 0;
  auto current = database.auto_vacuum_wanted;
  if (!empty) {
    SQLRITE_TRY_ASSIGN(uint32_t largest_root, storage::read_meta(pager, storage::kNewestView, 4));
    SQLRITE_TRY_ASSIGN(uint32_t incremental, storage::read_meta(pager, storage::kNewestView, 7));
    current = largest_root == 0  ? storage::AutoVacuum::None
              : incremental != 0 ? storage::AutoVacuum::Incremental
                                 : storage::AutoVacuum::Full;
  }
  if (!call.has_value) {
    call.rows.add_integer(static_cast<int>(current));
    return {};
  }
  int wanted = iequals(call.value, "none")          ? 0
               : iequals(call.value, "full")        ? 1
               : iequals(call.value, "incremental") ? 2
                                                    : -1;
  if (wanted < 0) {
    int64_t number = pragma_integer(call.value);
    wanted = number >= 0 && number <= 2 ? static_cast<int>(number) : 0;
  }
  // A new file that was asked to vacuum itself stays one that does, in one mode or the other.
  bool stays = empty && wanted == 0 && current != storage::AutoVacuum::None;
  if (!stays) database.auto_vacuum_wanted = static_cast<storage::AutoVacuum>(wanted);
  call.connection.settings().vacuum_auto_vacuum = wanted;
  if (!empty && current != storage::AutoVacuum::None && wanted != 0 && static_cast<int>(current) != wanted) {
    SQLRITE_TRY(pragma_write(call));
    SQLRITE_TRY(storage::write_meta(pager, 7, wanted == 2 ? 1 : 0));
    database.auto_vacuum_full = wanted == 1;
  }
  return {};
}

Status pragma_incremental_vacuum(PragmaCall& call) {
  int64_t count = call.has_value ? pragma_integer(call.value) : 0;
  SQLRITE_TRY(need_pager(call));
  SQLRITE_TRY(pragma_read(call));
  storage::Pager& pager = *call.pager();
  if (pager.page_count(storage::kNewestView) == 0) return {};
  SQLRITE_TRY_ASSIGN(uint32_t largest_root, storage::read_meta(pager, storage::kNewestView, 4));
  if (largest_root == 0) return {};
  SQLRITE_TRY(pragma_write(call));
  return storage::incremental_vacuum_step(pager, static_cast<uint32_t>(std::clamp<int64_t>(count, 0, 0x7fffffff)))
      .take_status();
}

Status pragma_encoding(PragmaCall& call) {
  Connection& connection = call.connection;
  Database& main = connection.database(0);
  if (!call.has_value) {
    SQLRITE_TRY(pragma_read(call));
    call.rows.add_text(main.encoding == TextEncoding::Utf16Le   ? "UTF-16le"
                       : main.encoding == TextEncoding::Utf16Be ? "UTF-16be"
                                                                : "UTF-8");
    return {};
  }
  struct Name {
    const char* text;
    TextEncoding encoding;
  };
  static constexpr Name kNames[] = {
      {"UTF8", TextEncoding::Utf8},        {"UTF-8", TextEncoding::Utf8},      {"UTF-16le", TextEncoding::Utf16Le},
      {"UTF-16be", TextEncoding::Utf16Be}, {"UTF16le", TextEncoding::Utf16Le}, {"UTF16be", TextEncoding::Utf16Be},
      {"UTF-16", TextEncoding::Utf16Le},   {"UTF16", TextEncoding::Utf16Le},
  };
  SQLRITE_TRY(pragma_read(call));
  // A file keeps its encoding, and all databases of a connection have the same one.
  const bool settled = main.pager->page_count(storage::kNewestView) > 0 || connection.database(1).pager != nullptr;
  if (settled) return {};
  for (const Name& name : kNames) {
    if (!iequals(call.value, name.text)) continue;
    for (DatabaseId id : {kMainDatabase, kTempDatabase}) {
      connection.publish_schema(id.value, catalog::empty_schema(id, name.encoding));
      connection.database(id.value).encoding = name.encoding;
    }
    return {};
  }
  return status_format(Code::Error, "unsupported encoding: %.*s", static_cast<int>(call.value.size()),
                       call.value.data());
}

Status pragma_header_value(PragmaCall& call) {
  int slot = header_slot(call.def.name);
  if (call.has_value) {
    if (slot == 1 && call.connection.settings().defensive) return {};
    SQLRITE_TRY(need_pager(call));
    SQLRITE_TRY(pragma_write(call));
    SQLRITE_TRY(storage::write_meta(*call.pager(), slot, static_cast<uint32_t>(pragma_int32_or_zero(call.value))));
    if (slot == 1) {
      call.connection.transaction().note_schema_change(call.database);
      SQLRITE_TRY(call.connection.reload_schema(call.database));
    }
    return {};
  }
  SQLRITE_TRY(need_pager(call));
  SQLRITE_TRY(pragma_read(call));
  uint32_t value = 0;
  if (call.pager()->page_count(storage::kNewestView) > 0) {
    SQLRITE_TRY_ASSIGN(value, storage::read_meta(*call.pager(), storage::kNewestView, slot));
  }
  call.rows.add_integer(static_cast<int32_t>(value));
  return {};
}

Status pragma_data_version(PragmaCall& call) {
  SQLRITE_TRY(need_pager(call));
  SQLRITE_TRY(pragma_read(call));
  call.rows.add_integer(static_cast<int64_t>(call.pager()->data_version()));
  return {};
}

Status pragma_wal_checkpoint(PragmaCall& call) {
  auto mode = storage::CheckpointMode::Passive;
  if (call.has_value) {
    if (iequals(call.value, "full")) mode = storage::CheckpointMode::Full;
    if (iequals(call.value, "restart")) mode = storage::CheckpointMode::Restart;
    if (iequals(call.value, "truncate")) mode = storage::CheckpointMode::Truncate;
  }
  storage::Pager::CheckpointResult total;
  SQLRITE_TRY(call.connection.checkpoint(call.has_schema ? static_cast<int>(call.database) : -1, mode, &total));
  call.rows.add_integer(total.busy ? 1 : 0);
  call.rows.add_integer(total.wal_frame_count);
  call.rows.add_integer(total.checkpointed_frame_count);
  return {};
}

Status pragma_wal_autocheckpoint(PragmaCall& call) {
  if (call.has_value) call.connection.set_auto_checkpoint(pragma_int32_or_zero(call.value));
  call.rows.add_integer(call.connection.database(0).pager->auto_checkpoint());
  return {};
}

Status pragma_locking_mode(PragmaCall& call) {
  Database& database = call.connection.database(call.database);
  if (call.has_value && (iequals(call.value, "exclusive") || iequals(call.value, "normal"))) {
    bool exclusive = iequals(call.value, "exclusive");
    for (uint32_t i = 0; i < call.connection.database_count(); ++i) {
      Database& each = call.connection.database(i);
      if ((call.has_schema && i != call.database) || i == kTempDatabase.value || each.pager == nullptr) continue;
      each.exclusive_locking = exclusive;
      each.pager->set_exclusive_locking(exclusive);
    }
  }
  // Nobody else can see a database in memory or a temporary one; without its name the mode of files opened later answers.
  bool alone = call.database == kTempDatabase.value ||
               ((call.has_schema || call.has_value) && call.pager() != nullptr && call.pager()->is_memory());
  call.rows.add_text(database.exclusive_locking || alone ? "exclusive" : "normal");
  return {};
}

Status pragma_mmap_size(PragmaCall& call) {
  Settings& settings = call.connection.settings();
  if (call.has_value) settings.mmap_size = std::max<int64_t>(pragma_integer(call.value), 0);
  if (call.pager() != nullptr && !call.pager()->is_memory()) call.rows.add_integer(settings.mmap_size);
  return {};
}

Status pragma_shrink_memory(PragmaCall& call) {
  call.connection.release_memory();
  return {};
}

}  // namespace sqlrite::engine

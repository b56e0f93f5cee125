// Opening and closing, and everything about a connection that is not a statement, a hook or a function.
#include <cstdarg>
#include <cstring>

#include "base/text.h"
#include "engine/open_target.h"
#include "handles.h"
#include "storage/btree/btree.h"

using namespace sqlrite;
using namespace sqlrite::compat;

namespace {

void connection_ended(void* owner) {
  sqlite3* db = static_cast<sqlite3*>(owner);
  free_connection_slot(db);
}

// The name of a file as sqlite3_uri_parameter() wants it: name, then key and value of each option, each ended by a NUL,
// and an empty key.
std::string packed_filename(const std::string& file,
                            const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string packed = file;
  packed += '\0';
  for (const auto& [key, value] : parameters) {
    packed += key;
    packed += '\0';
    packed += value;
    packed += '\0';
  }
  packed += '\0';
  packed += '\0';
  return packed;
}

// Whatever memory is there in the end, `db` becomes a handle or goes back.
int open_slot(sqlite3* db, const char* filename, int flags, const char* vfs) {
  std::string path = filename != nullptr ? filename : "";
  uint32_t engine_flags = static_cast<uint32_t>(flags) & (7 | SQLITE_OPEN_URI | SQLITE_OPEN_MEMORY);
  if (uri_names_by_default()) engine_flags |= SQLITE_OPEN_URI;
  std::unique_ptr<engine::Connection> connection;
  Status status;
  if (vfs != nullptr && sqlite3_vfs_find(vfs) == nullptr) {
    // A connection that only knows its error.
    engine::Connection::open(":memory:", 6, nullptr, &connection).ignore();
    status = status_format(Code::Error, "no such vfs: %s", vfs);
    if (connection != nullptr) connection->set_error(status);
  } else {
    status = engine::Connection::open(path, engine_flags, nullptr, &connection);
  }
  if (connection == nullptr) return SQLITE_NOMEM;
  db->connection = connection.release();
  db->connection->owner = db;
  db->connection->owner_destroy = &connection_ended;
  db->open = true;
  db->failed_open = !status.ok();
  db->serialized = (flags & SQLITE_OPEN_NOMUTEX) == 0 && sqlite3_threadsafe() != 0;
  db->error_mask = (flags & SQLITE_OPEN_EXRESCODE) != 0 ? -1 : 0xff;
  if (!status.ok()) {
    if (status.primary() == Code::CantOpen && !status.has_message()) {
      status = Status(status.code(), "unable to open database file");
    }
    return answer(db, status);
  }
  auto target = engine::parse_open_target(path, engine_flags);
  if (target.ok())
    db->filenames.push_back(packed_filename(db->connection->database(0).file, target.value().parameters));
  int code = SQLITE_OK;
  run_auto_extensions(db, &code);
  return code;
}

int open_connection(const char* filename, sqlite3** out, int flags, const char* vfs) {
  if (out == nullptr) return SQLITE_MISUSE;
  *out = nullptr;
  if (int code = sqlite3_initialize(); code != SQLITE_OK) return code;
  int access = flags & 7;
  if (access != 1 && access != 2 && access != 6) return SQLITE_MISUSE;
  sqlite3* db = take_connection_slot();
  if (db == nullptr) return SQLITE_NOMEM;
  int code = attempt(db, [&] { return open_slot(db, filename, flags, vfs); });
  if (db->connection == nullptr) {
    free_connection_slot(db);
    return code;
  }
  if (code == SQLITE_NOMEM) db->failed_open = true;
  *out = db;
  return code;
}

int close_connection(sqlite3* db, bool deferred) {
  if (db == nullptr) return SQLITE_OK;
  if (!is_handle(db)) return SQLITE_MISUSE;
  Lock lock(db);
  engine::Connection* connection = db->connection;
  if (!deferred && connection->first_statement() != nullptr) {
    return answer(db, Status(Code::Busy, "unable to close due to unfinalized statements or unfinished backups"));
  }
  if (deferred) {
    db->open = false;
    engine::Connection::close_deferred(connection);
    return SQLITE_OK;
  }
  Status status = engine::Connection::close(connection);
  return status.ok() ? SQLITE_OK : masked(db, static_cast<int>(status.code()));
}

int column_metadata(sqlite3* db, const char* database, const char* table, const char* column, const char** type,
                    const char** collation, int* not_null, int* primary_key, int* autoincrement) {
  engine::Connection& connection = *db->connection;
  if (auto refreshed = connection.refresh_schemas(); !refreshed.ok()) return answer(db, refreshed.status());
  if (Status status = connection.load_schemas(); !status.ok()) return answer(db, status);
  bind::FoundTable found = connection.find_table(database != nullptr ? database : "", table);
  const catalog::Table* definition = found.table;
  if (definition == nullptr || definition->kind == catalog::TableKind::View) {
    return answer(db, column != nullptr ? status_format(Code::Error, "no such table column: %s.%s", table, column)
                                        : status_format(Code::Error, "no such table: %s", table));
  }
  const char* found_type = nullptr;
  const char* found_collation = "BINARY";
  bool is_not_null = false, is_key = false, is_autoincrement = false;
  if (column != nullptr) {
    int number = definition->find_column(column);
    if (number == -2 || (number == catalog::kRowIdColumn && definition->without_rowid)) {
      return answer(db, status_format(Code::Error, "no such table column: %s.%s", table, column));
    }
    if (number == catalog::kRowIdColumn && definition->rowid_alias >= 0) number = definition->rowid_alias;
    if (number >= 0) {
      const catalog::TableColumn& info = definition->columns[static_cast<size_t>(number)];
      db->metadata_type = info.declared_type;
      db->metadata_collation = info.collation_name;
      found_type = info.declared_type.empty() ? nullptr : db->metadata_type.c_str();
      found_collation = db->metadata_collation.c_str();
      is_not_null = info.not_null;
      is_key = info.primary_key;
      is_autoincrement = definition->rowid_alias == number && definition->autoincrement;
    } else {
      found_type = "INTEGER";
      is_key = true;
    }
  }
  if (type != nullptr) *type = found_type;
  if (collation != nullptr) *collation = found_collation;
  if (not_null != nullptr) *not_null = is_not_null;
  if (primary_key != nullptr) *primary_key = is_key;
  if (autoincrement != nullptr) *autoincrement = is_autoincrement;
  return answer_ok(db);
}

// -1: there is none of that name. Null: main.
int database_number(sqlite3* db, const char* name) { return name == nullptr ? 0 : db->connection->find_database(name); }

}  // namespace

extern "C" {

int sqlite3_open(const char* filename, sqlite3** out) {
  return open_connection(filename, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
}

int sqlite3_open_v2(const char* filename, sqlite3** out, int flags, const char* vfs) {
  return open_connection(filename, out, flags, vfs);
}

int sqlite3_open16(const void* filename, sqlite3** out) {
  if (out == nullptr) return SQLITE_MISUSE;
  *out = nullptr;
  return attempt(nullptr, [&] {
    std::string name = filename != nullptr ? utf8_of(filename, -1) : std::string();
    int code = open_connection(name.c_str(), out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    if (code == SQLITE_OK) {
      // A database made this way keeps its texts in UTF-16.
      Status status = guarded([&] { return (*out)->connection->exec("PRAGMA encoding='UTF-16'"); });
      if (status.primary() == Code::NoMem) return answer(*out, status);
      answer_ok(*out);
    }
    return code;
  });
}

int sqlite3_close(sqlite3* db) { return close_connection(db, false); }
int sqlite3_close_v2(sqlite3* db) { return close_connection(db, true); }

sqlite3_mutex* sqlite3_db_mutex(sqlite3* db) { return usable(db) && db->serialized ? &db->mutex : nullptr; }

const char* sqlite3_db_name(sqlite3* db, int number) {
  if (!usable(db) || number < 0 || number >= static_cast<int>(db->connection->database_count())) return nullptr;
  return db->connection->database(static_cast<uint32_t>(number)).name.c_str();
}

sqlite3_filename sqlite3_db_filename(sqlite3* db, const char* name) {
  if (!usable(db)) return nullptr;
  Lock lock(db);
  int number = database_number(db, name);
  if (number < 0) return nullptr;
  return attempt<const char*>(db, nullptr, [&] {
    size_t index = static_cast<size_t>(number);
    if (db->filenames.size() <= index) db->filenames.resize(index + 1, std::string(4, '\0'));
    const std::string& file = db->connection->database(static_cast<uint32_t>(number)).file;
    if (file != db->filenames[index].c_str()) db->filenames[index] = packed_filename(file, {});
    return db->filenames[index].c_str();
  });
}

int sqlite3_db_readonly(sqlite3* db, const char* name) {
  if (!usable(db)) return -1;
  Lock lock(db);
  int number = database_number(db, name);
  return number < 0 ? -1 : db->connection->is_read_only(static_cast<uint32_t>(number)) ? 1 : 0;
}

int sqlite3_db_cacheflush(sqlite3* db) { return usable(db) ? SQLITE_OK : SQLITE_MISUSE; }

int sqlite3_db_release_memory(sqlite3* db) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  db->connection->release_memory();
  return SQLITE_OK;
}

int sqlite3_get_autocommit(sqlite3* db) {
  if (!usable(db)) return 0;
  Lock lock(db);
  return db->connection->is_autocommit() ? 1 : 0;
}

int sqlite3_txn_state(sqlite3* db, const char* name) {
  if (!usable(db)) return -1;
  Lock lock(db);
  int number = -1;
  if (name != nullptr && (number = db->connection->find_database(name)) < 0) return -1;
  return db->connection->transaction_state(number);
}

int sqlite3_busy_timeout(sqlite3* db, int timeout_ms) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  db->connection->set_busy_timeout(timeout_ms);
  return SQLITE_OK;
}

int sqlite3_busy_handler(sqlite3* db, int (*handler)(void*, int), void* context) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  db->connection->set_busy_handler(handler, context);
  return SQLITE_OK;
}

void sqlite3_interrupt(sqlite3* db) {
  if (usable(db)) db->connection->interrupt();
}

int sqlite3_is_interrupted(sqlite3* db) { return usable(db) && db->connection->is_interrupted() ? 1 : 0; }

void sqlite3_progress_handler(sqlite3* db, int interval, int (*handler)(void*), void* context) {
  if (!usable(db)) return;
  Lock lock(db);
  engine::Hooks& hooks = db->connection->hooks();
  bool on = interval > 0 && handler != nullptr;
  hooks.progress = on ? handler : nullptr;
  hooks.progress_context = on ? context : nullptr;
  hooks.progress_interval = on ? interval : 0;
  hooks.progress_count = 0;
}

sqlite3_int64 sqlite3_last_insert_rowid(sqlite3* db) {
  if (!usable(db)) return 0;
  Lock lock(db);
  return db->connection->last_insert_rowid();
}

void sqlite3_set_last_insert_rowid(sqlite3* db, sqlite3_int64 rowid) {
  if (!usable(db)) return;
  Lock lock(db);
  db->connection->set_last_insert_rowid(rowid);
}

sqlite3_int64 sqlite3_changes64(sqlite3* db) {
  if (!usable(db)) return 0;
  Lock lock(db);
  return db->connection->changes();
}
int sqlite3_changes(sqlite3* db) { return static_cast<int>(sqlite3_changes64(db)); }
sqlite3_int64 sqlite3_total_changes64(sqlite3* db) {
  if (!usable(db)) return 0;
  Lock lock(db);
  return db->connection->total_changes();
}
int sqlite3_total_changes(sqlite3* db) { return static_cast<int>(sqlite3_total_changes64(db)); }

int sqlite3_limit(sqlite3* db, int id, int value) {
  if (!usable(db)) return -1;
  if (id < 0 || id >= engine::kLimitCount) return -1;
  Lock lock(db);
  return db->connection->limit(static_cast<engine::Limit>(id), value);
}

// ---------------------------------------------------------------- settings

int sqlite3_db_config(sqlite3* db, int op, ...) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  engine::Connection& connection = *db->connection;
  engine::Settings& settings = connection.settings();
  va_list arguments;
  va_start(arguments, op);
  int code = SQLITE_OK;
  if (op == SQLITE_DBCONFIG_MAINDBNAME) {
    const char* name = va_arg(arguments, const char*);
    code = attempt(db, [&] {
      connection.database(0).name = name;
      return SQLITE_OK;
    });
    connection.bump_epoch();
  } else if (op == SQLITE_DBCONFIG_LOOKASIDE) {
    va_arg(arguments, void*);  // the engine has arenas of its own; the memory offered is not needed
    va_arg(arguments, int);
    va_arg(arguments, int);
  } else {
    int wanted = va_arg(arguments, int);
    int* now = op == SQLITE_DBCONFIG_FP_DIGITS ? nullptr : va_arg(arguments, int*);
    bool* field = settings.switch_at(op);
    bool unused = false;
    switch (op) {
      case SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER:
      case SQLITE_DBCONFIG_ENABLE_QPSG:
      case SQLITE_DBCONFIG_TRIGGER_EQP:
      case SQLITE_DBCONFIG_STMT_SCANSTATUS:
        field = &unused;  // nothing here depends on them
        break;
      default:
        if (field == nullptr)
          code = answer(db, Status(Code::Error, "this database configuration option is not available"));
        break;
    }
    if (field != nullptr) {
      if (wanted >= 0 && *field != (wanted != 0)) {
        *field = wanted != 0;
        connection.bump_epoch();
      }
      if (now != nullptr) *now = *field ? 1 : 0;
    }
  }
  va_end(arguments);
  return code;
}

int sqlite3_db_status64(sqlite3* db, int op, sqlite3_int64* current, sqlite3_int64* highwater, int) {
  if (!usable(db) || current == nullptr || highwater == nullptr) return SQLITE_MISUSE;
  if (op < 0 || op > SQLITE_DBSTATUS_MAX) return SQLITE_ERROR;
  *current = 0;  // the engine does not count these
  *highwater = 0;
  return SQLITE_OK;
}

int sqlite3_db_status(sqlite3* db, int op, int* current, int* highwater, int reset) {
  if (current == nullptr || highwater == nullptr) return SQLITE_MISUSE;
  sqlite3_int64 now = 0, most = 0;
  int code = sqlite3_db_status64(db, op, &now, &most, reset);
  if (code != SQLITE_OK) return code;
  *current = static_cast<int>(now);
  *highwater = static_cast<int>(most);
  return SQLITE_OK;
}

int sqlite3_file_control(sqlite3* db, const char* name, int op, void* argument) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  int number = database_number(db, name);
  if (number < 0) return answer(db, Status(Code::Error));
  storage::Pager* pager = db->connection->database(static_cast<uint32_t>(number)).pager.get();
  switch (op) {
    case SQLITE_FCNTL_DATA_VERSION:
      if (pager == nullptr) return SQLITE_ERROR;
      *static_cast<unsigned*>(argument) = static_cast<unsigned>(pager->data_version());
      return SQLITE_OK;
    case SQLITE_FCNTL_VFSNAME: *static_cast<char**>(argument) = allocated_copy("unix"); return SQLITE_OK;
    case SQLITE_FCNTL_VFS_POINTER: *static_cast<sqlite3_vfs**>(argument) = sqlite3_vfs_find(nullptr); return SQLITE_OK;
    case SQLITE_FCNTL_PERSIST_WAL:
    case SQLITE_FCNTL_POWERSAFE_OVERWRITE: {
      int* value = static_cast<int*>(argument);
      if (*value < 0) *value = op == SQLITE_FCNTL_POWERSAFE_OVERWRITE ? 1 : 0;
      return SQLITE_OK;
    }
    case SQLITE_FCNTL_MMAP_SIZE:
      *static_cast<sqlite3_int64*>(argument) = 0;  // files are read, not mapped
      return SQLITE_OK;
    case SQLITE_FCNTL_HAS_MOVED: *static_cast<int*>(argument) = 0; return SQLITE_OK;
    case SQLITE_FCNTL_LAST_ERRNO: *static_cast<int*>(argument) = 0; return SQLITE_OK;
    case SQLITE_FCNTL_RESERVE_BYTES: {
      if (pager == nullptr) return SQLITE_ERROR;
      int* value = static_cast<int*>(argument);
      int wanted = *value;
      *value = static_cast<int>(pager->reserved_size_bytes());
      if (wanted >= 0 && wanted <= 255) {
        Status status = pager->set_page_size(pager->page_size_bytes(), wanted);
        if (!status.ok()) return answer(db, status);
      }
      return SQLITE_OK;
    }
    case SQLITE_FCNTL_RESET_CACHE:
      if (pager != nullptr) pager->release_memory();
      return SQLITE_OK;
    case SQLITE_FCNTL_CHUNK_SIZE:
    case SQLITE_FCNTL_SIZE_HINT: return SQLITE_OK;  // hints
    default: return SQLITE_NOTFOUND;
  }
}

int sqlite3_system_errno(sqlite3*) { return 0; }

int sqlite3_table_column_metadata(sqlite3* db, const char* database, const char* table, const char* column,
                                  const char** type, const char** collation, int* not_null, int* primary_key,
                                  int* autoincrement) {
  if (!usable(db) || table == nullptr) return SQLITE_MISUSE;
  Lock lock(db);
  return attempt(db, [&] {
    return column_metadata(db, database, table, column, type, collation, not_null, primary_key, autoincrement);
  });
}

void* sqlite3_get_clientdata(sqlite3* db, const char* name) {
  if (!usable(db) || name == nullptr) return nullptr;
  Lock lock(db);
  for (ClientData& entry : db->client_data) {
    if (entry.name == name) return entry.data;
  }
  return nullptr;
}

int sqlite3_set_clientdata(sqlite3* db, const char* name, void* data, void (*destroy)(void*)) {
  if (!usable(db) || name == nullptr) {
    if (destroy != nullptr) destroy(data);
    return SQLITE_MISUSE;
  }
  Lock lock(db);
  for (size_t i = 0; i < db->client_data.size(); ++i) {
    ClientData& entry = db->client_data[i];
    if (entry.name != name) continue;
    if (entry.destroy != nullptr) entry.destroy(entry.data);
    if (data == nullptr) {
      db->client_data.erase(db->client_data.begin() + static_cast<ptrdiff_t>(i));
    } else {
      entry.data = data;
      entry.destroy = destroy;
    }
    return SQLITE_OK;
  }
  if (data == nullptr) return SQLITE_OK;
  int code = attempt(db, [&] {
    db->client_data.push_back({name, data, destroy});
    return SQLITE_OK;
  });
  if (code != SQLITE_OK && destroy != nullptr) destroy(data);
  return code;
}

// ---------------------------------------------------------------- write-ahead log

int sqlite3_wal_checkpoint_v2(sqlite3* db, const char* name, int mode, int* log_frames, int* done_frames) {
  if (log_frames != nullptr) *log_frames = -1;
  if (done_frames != nullptr) *done_frames = -1;
  if (!usable(db)) return SQLITE_MISUSE;
  if (mode < SQLITE_CHECKPOINT_PASSIVE || mode > SQLITE_CHECKPOINT_TRUNCATE) return SQLITE_MISUSE;
  Lock lock(db);
  int number = -1;
  if (name != nullptr && name[0] != '\0') {
    number = db->connection->find_database(name);
    if (number < 0) return answer(db, status_format(Code::Error, "unknown database: %s", name));
  }
  storage::Pager::CheckpointResult result;
  Status status = db->connection->checkpoint(number, static_cast<storage::CheckpointMode>(mode), &result);
  if (status.ok() && result.busy) status = Status(Code::Busy);
  if (log_frames != nullptr) *log_frames = result.wal_frame_count;
  if (done_frames != nullptr) *done_frames = result.checkpointed_frame_count;
  return answer(db, status);
}

int sqlite3_wal_checkpoint(sqlite3* db, const char* name) {
  return sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

int sqlite3_wal_autocheckpoint(sqlite3* db, int frame_count) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  db->connection->set_auto_checkpoint(frame_count);
  return SQLITE_OK;
}

// ---------------------------------------------------------------- names of files

const char* sqlite3_uri_key(sqlite3_filename name, int number) {
  if (name == nullptr || number < 0) return nullptr;
  const char* at = name + std::strlen(name) + 1;
  while (*at != '\0' && number-- > 0) {
    at += std::strlen(at) + 1;
    at += std::strlen(at) + 1;
  }
  return *at != '\0' ? at : nullptr;
}

const char* sqlite3_uri_parameter(sqlite3_filename name, const char* key) {
  if (name == nullptr || key == nullptr) return nullptr;
  const char* at = name + std::strlen(name) + 1;
  while (*at != '\0') {
    const char* value = at + std::strlen(at) + 1;
    if (std::strcmp(at, key) == 0) return value;
    at = value + std::strlen(value) + 1;
  }
  return nullptr;
}

int sqlite3_uri_boolean(sqlite3_filename name, const char* key, int otherwise) {
  const char* value = sqlite3_uri_parameter(name, key);
  if (value == nullptr) return otherwise != 0;
  std::string_view text = value;
  for (const char* word : {"yes", "true", "on"}) {
    if (iequals(text, word)) return 1;
  }
  for (const char* word : {"no", "false", "off"}) {
    if (iequals(text, word)) return 0;
  }
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') return std::atoi(value) != 0;
  return otherwise != 0;
}

sqlite3_int64 sqlite3_uri_int64(sqlite3_filename name, const char* key, sqlite3_int64 otherwise) {
  const char* value = sqlite3_uri_parameter(name, key);
  if (value == nullptr || *value == '\0') return otherwise;
  char* end = nullptr;
  long long number = std::strtoll(value, &end, 10);
  return *end == '\0' ? number : otherwise;
}

const char* sqlite3_filename_database(sqlite3_filename name) { return name; }

const char* sqlite3_filename_journal(sqlite3_filename) { return nullptr; }
const char* sqlite3_filename_wal(sqlite3_filename) { return nullptr; }
sqlite3_file* sqlite3_database_file_object(const char*) { return nullptr; }

sqlite3_filename sqlite3_create_filename(const char* database, const char*, const char*, int count,
                                         const char** options) {
  return attempt<char*>(nullptr, nullptr, [&] {
    std::vector<std::pair<std::string, std::string>> parameters;
    for (int i = 0; i + 1 < count * 2; i += 2) parameters.emplace_back(options[i], options[i + 1]);
    std::string packed = packed_filename(database, parameters);
    char* copy = static_cast<char*>(sqlite3_malloc64(packed.size()));
    if (copy != nullptr) std::memcpy(copy, packed.data(), packed.size());
    return copy;
  });
}

void sqlite3_free_filename(sqlite3_filename name) { sqlite3_free(const_cast<char*>(name)); }

}  // extern "C"

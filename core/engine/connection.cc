#include "engine/connection.h"

#include <algorithm>
#include <cstring>

#include "base/buffer_memory.h"
#include "base/guarded.h"
#include "catalog/encoded_binary.h"
#include "catalog/loader.h"
#include "engine/blob.h"
#include "engine/open_target.h"
#include "engine/pragma/table_functions.h"
#include "engine/statement.h"
#include "storage/btree/btree.h"

namespace sqlrite::engine {

struct CollationEntry {
  std::string name;
  Collation collation;
  void (*destroy)(void*) = nullptr;
  bool current = true;  // replaced ones stay, since plans may point to them
};

namespace {

constexpr int kLimitMax[kLimitCount] = {1000000000, 1000000000, 2000,  1000, 500, 250000000, 1000,
                                        10,         50000,      32766, 1000, 8,   2500};

constexpr size_t kCachedTextSizeMax = 4096;

Status no_such_database(std::string_view name) {
  return status_format(Code::Error, "no such database: %.*s", static_cast<int>(name.size()), name.data());
}

uint64_t hash_text(std::string_view text) {
  uint64_t hash = text.size() * 0x9e3779b97f4a7c15ull;
  const char* p = text.data();
  size_t left = text.size();
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    hash = (hash ^ word) * 0xff51afd7ed558ccdull;
    hash ^= hash >> 32;
  }
  uint64_t word = 0;
  std::memcpy(&word, p, left);
  hash = (hash ^ word) * 0xc4ceb9fe1a85ec53ull;
  return hash ^ (hash >> 29);
}

bool is_schema_table_name(std::string_view name, bool* temp) {
  *temp = iequals(name, "sqlite_temp_master") || iequals(name, "sqlite_temp_schema");
  return *temp || iequals(name, "sqlite_master") || iequals(name, "sqlite_schema");
}

}  // namespace

Connection::Connection() { std::copy(std::begin(kLimitMax), std::end(kLimitMax), limits_); }

Connection::~Connection() {
  clear_statement_cache();
  transaction_.close();
  for (uint32_t i = database_count_; i-- > 0;) databases_[i].pager.reset();
  for (auto& entry : collations_) {
    if (entry->destroy != nullptr) entry->destroy(entry->collation.context);
  }
  if (owner_destroy != nullptr) owner_destroy(owner);
}

Status Connection::open(const std::string& path, uint32_t flags, os::Vfs* vfs, std::unique_ptr<Connection>* out) {
  out->reset(new Connection());
  Connection& connection = **out;
  auto target = parse_open_target(path, flags);
  Status status = target.ok() ? connection.open_databases(target.value(), flags, vfs) : target.take_status();
  if (!status.ok()) connection.set_error(status);
  return status;
}

Status Connection::open_sibling(std::unique_ptr<Connection>* out) const {
  if (databases_[0].file.empty()) {
    return Status(Code::Error, "a database in memory belongs to one connection: open a file to connect to it again");
  }
  OpenTarget target = main_target_;
  target.path = databases_[0].file;
  target.create = false;
  out->reset(new Connection());
  Connection& sibling = **out;
  SQLRITE_TRY(sibling.open_databases(target, open_flags_, vfs_));
  sibling.busy_timeout_ms_ = busy_timeout_ms_;
  return {};
}

Status Connection::open_databases(const OpenTarget& target, uint32_t flags, os::Vfs* vfs) {
  vfs_ = vfs != nullptr ? vfs : &os::default_vfs();
  open_flags_ = flags;
  databases_[0].name = "main";
  databases_[1].name = "temp";
  database_count_ = 2;
  databases_[1].schema = catalog::empty_schema(kTempDatabase);
  SQLRITE_TRY_ASSIGN(databases_[0].pager, open_pager(target, &databases_[0].file));
  main_target_ = target;
  return {};
}

Result<std::unique_ptr<storage::Pager>> Connection::open_pager(const OpenTarget& target, std::string* full_path) {
  storage::PagerOptions options;
  options.read_only = target.read_only;
  options.create = target.create;
  options.immutable = target.immutable;
  options.busy_handler = &busy_callback;
  options.busy_context = this;
  // temp_store = memory keeps temporary databases in memory; else they are private files that vanish with the connection.
  const bool to_memory = target.path.empty() && settings_.temp_store == 2;
  SQLRITE_TRY_ASSIGN(auto pager, storage::Pager::open(*vfs_, to_memory ? ":memory:" : target.path, options));
  pager->set_spilling(settings_.cache_spill);
  *full_path = pager->path();
  return pager;
}

Status Connection::close(Connection* connection) {
  if (connection->is_in_use()) {
    Status status(Code::Busy, "unable to close due to unfinalized statements or unfinished backups");
    connection->set_error(status);
    return status;
  }
  close_deferred(connection);
  return {};
}

void Connection::close_deferred(Connection* connection) {
  if (connection->zombie_) return;
  if ((connection->hooks_.trace_mask & 8) != 0 && connection->hooks_.trace != nullptr) {
    connection->hooks_.trace(8, connection->hooks_.trace_context, connection, nullptr);
  }
  connection->zombie_ = true;
  connection->end_if_orphaned();
}

void Connection::end_if_orphaned() {
  if (zombie_ && !is_in_use()) delete this;
}

// ---------------------------------------------------------------- statements

void Connection::link(Statement* statement) {
  statement->next_ = first_statement_;
  statement->previous_ = nullptr;
  if (first_statement_ != nullptr) first_statement_->previous_ = statement;
  first_statement_ = statement;
}

void Connection::unlink(Statement* statement) {
  if (statement->previous_ != nullptr) {
    statement->previous_->next_ = statement->next_;
  } else {
    first_statement_ = statement->next_;
  }
  if (statement->next_ != nullptr) statement->next_->previous_ = statement->previous_;
  statement->next_ = nullptr;
  statement->previous_ = nullptr;
}

Statement* Connection::take_cached(std::string_view sql, uint64_t hash, uint32_t prepare_flags) {
  for (uint32_t i = 0; i < cached_count_; ++i) {
    if (cache_[i].hash != hash) continue;
    Statement* statement = cache_[i].statement;
    if (statement->cache_key_ != sql || statement->prepare_flags_ != prepare_flags) continue;
    cache_[i] = cache_[--cached_count_];
    if (statement->program_->epoch != epoch_) {
      delete statement;
      return nullptr;
    }
    return statement;
  }
  return nullptr;
}

void Connection::finalize(Statement* statement) {
  unlink(statement);
  if (statement->owner_destroy != nullptr) statement->owner_destroy(statement->owner);
  statement->owner = nullptr;
  statement->owner_destroy = nullptr;
  bool keep = !statement->cache_key_.empty() && statement->program_ != nullptr &&
              statement->program_->epoch == epoch_ && !zombie_;
  if (!keep) {
    delete statement;
  } else {
    statement->clear_bindings();
    uint32_t slot = cached_count_;
    if (slot == kCachedStatementsMax) {
      slot = 0;
      for (uint32_t i = 1; i < cached_count_; ++i) {
        if (cache_[i].used_at < cache_[slot].used_at) slot = i;
      }
      delete cache_[slot].statement;
    } else {
      ++cached_count_;
    }
    cache_[slot] = {statement->cache_hash_, ++cache_clock_, statement};
  }
  if (zombie_) end_if_orphaned();
}

void Connection::clear_statement_cache() {
  for (uint32_t i = 0; i < cached_count_; ++i) delete cache_[i].statement;
  cached_count_ = 0;
}

Status Connection::prepare(std::string_view sql, uint32_t prepare_flags, Statement** out, size_t* tail) {
  *out = nullptr;
  if (tail != nullptr) *tail = sql.size();
  bool cacheable = sql.size() <= kCachedTextSizeMax;  // the rest of a script is not hashed again and again
  uint64_t hash = cacheable ? hash_text(sql) : 0;
  if (Statement* cached = cacheable ? take_cached(sql, hash, prepare_flags) : nullptr; cached != nullptr) {
    link(cached);
    *out = cached;
    set_result_code(0);
    return {};
  }
  if (sql.size() > static_cast<size_t>(limits_[static_cast<int>(Limit::SqlLength)])) {
    Status status(Code::TooBig, "statement too long");
    set_error(status);
    return status;
  }
  std::unique_ptr<Statement, void (*)(Statement*)> statement(new Statement(this, prepare_flags),
                                                             [](Statement* s) { delete s; });
  size_t consumed = sql.size();
  Status status = statement->compile(sql, &consumed);
  if (!status.ok()) {
    set_error(status);
    return status;
  }
  set_result_code(0);
  if (tail != nullptr) *tail = consumed;
  if (statement->program_ == nullptr) return {};
  if (cacheable && consumed == sql.size() && (statement->program_->is_query || statement->program_->is_change)) {
    uint64_t& seen = seen_texts_[hash % kSeenTextsCount];
    if (seen == hash) {
      statement->cache_key_ = sql;
      statement->cache_hash_ = hash;
    }
    seen = hash;
  }
  link(statement.get());
  *out = statement.release();
  return {};
}

Status Connection::exec(std::string_view sql) {
  while (!sql.empty()) {
    Statement* statement = nullptr;
    size_t tail = 0;
    SQLRITE_TRY(prepare(sql, 0, &statement, &tail));
    sql.remove_prefix(tail);
    if (statement == nullptr) continue;
    Code code;
    do {
      code = statement->step();
    } while (code == Code::Row);
    Status status = code == Code::Done ? Status() : error_;
    Statement::finalize(statement);
    if (!status.ok()) {
      set_error(status);
      return status;
    }
  }
  return {};
}

Status Connection::exec_internal(std::string_view sql, Status (*on_row)(void* context, Statement& row), void* context,
                                 const Value* parameters, uint32_t parameter_count) {
  int64_t changes = changes_, total_changes = total_changes_, last_rowid = last_insert_rowid_;
  ++internal_depth_;
  Status result;
  while (!sql.empty() && result.ok()) {
    std::unique_ptr<Statement, void (*)(Statement*)> statement(new (std::nothrow) Statement(this, 0),
                                                               [](Statement* s) { delete s; });
    size_t tail = 0;
    result = guarded([&]() -> Status {
      if (statement == nullptr) return Code::NoMem;
      statement->internal_ = true;
      return statement->compile(sql, &tail);
    });
    if (!result.ok()) break;
    sql.remove_prefix(tail);
    if (statement->program_ == nullptr) continue;
    link(statement.get());
    for (uint32_t i = 0; i < parameter_count && i < statement->parameter_count_; ++i)
      statement->parameters_[i] = parameters[i];
    for (;;) {
      bool has_row = false;
      result = statement->advance(&has_row);
      if (!result.ok() || !has_row) break;
      if (on_row != nullptr) result = guarded([&] { return on_row(context, *statement); });
      if (!result.ok()) break;
    }
    statement->reset();
    unlink(statement.get());
  }
  --internal_depth_;
  changes_ = changes;
  total_changes_ = total_changes;
  last_insert_rowid_ = last_rowid;
  return result;
}

// ---------------------------------------------------------------- state

std::string_view Connection::error_message() const {
  if (!error_.ok()) return error_.message();
  return code_text(static_cast<Code>(error_code_));
}

int Connection::set_error(const Status& status) {
  error_ = status;
  error_code_ = static_cast<int>(status.code());
  return error_code_;
}

int Connection::transaction_state(int database) const {
  if (database >= static_cast<int>(database_count_)) return -1;
  int state = 0;
  for (uint32_t i = 0; i < database_count_; ++i) {
    if (database >= 0 && static_cast<int>(i) != database) continue;
    state = std::max(state, transaction_.is_writing(i) ? 2 : transaction_.is_reading(i) ? 1 : 0);
  }
  return state;
}

Status Connection::check_interrupt(void* connection) {
  Connection& self = *static_cast<Connection*>(connection);
  if (self.is_interrupted()) [[unlikely]]
    return Code::Interrupt;
  if (self.hooks_.progress == nullptr) return {};
  // A batch or page of rows is the work of about this many of the instructions that SQLite counts.
  constexpr int kInstructionsPerCheck = 1000;
  return self.count_progress(kInstructionsPerCheck);
}

Status Connection::count_progress(int instructions) {
  hooks_.progress_count += instructions;
  if (hooks_.progress_count < hooks_.progress_interval) return {};
  hooks_.progress_count = 0;
  return hooks_.progress(hooks_.progress_context) != 0 ? Status(Code::Interrupt) : Status();
}

// ---------------------------------------------------------------- databases

int Connection::find_database(std::string_view name) const {
  for (uint32_t i = database_count_; i-- > 0;) {
    if (iequals(databases_[i].name, name)) return static_cast<int>(i);
  }
  return iequals(name, "main") ? 0 : -1;
}

Status Connection::ensure_temp() {
  Database& temp = databases_[1];
  if (temp.pager != nullptr) return {};
  std::string path;
  SQLRITE_TRY_ASSIGN(temp.pager, open_pager(OpenTarget(), &path));
  temp.encoding = databases_[0].encoding;
  return {};
}

Status Connection::drop_temp() {
  transaction_.leave_database(1);
  databases_[1].pager.reset();
  publish_schema(1, catalog::empty_schema(kTempDatabase, databases_[0].encoding));
  return {};
}

Status Connection::checkpoint(int database, storage::CheckpointMode mode, storage::Pager::CheckpointResult* result) {
  *result = {};
  bool first = true;
  for (uint32_t i = 0; i < database_count_; ++i) {
    storage::Pager* pager = databases_[i].pager.get();
    if (pager == nullptr || i == kTempDatabase.value || (database >= 0 && static_cast<int>(i) != database)) continue;
    if (transaction_.is_reading(i) || transaction_.is_writing(i))
      return Status(Code::Locked, "database table is locked");
    SQLRITE_TRY_ASSIGN(storage::Pager::CheckpointResult one, pager->checkpoint(mode));
    if (first) *result = one;
    result->busy = result->busy || one.busy;
    first = false;
  }
  return {};
}

void Connection::set_auto_checkpoint(int frame_count) {
  for (uint32_t i = 0; i < database_count_; ++i) {
    if (databases_[i].pager != nullptr) databases_[i].pager->set_auto_checkpoint(std::max(frame_count, 0));
  }
}

bool Connection::is_read_only(uint32_t database) const {
  const Database& target = databases_[database];
  return target.pager != nullptr && target.pager->is_read_only();
}

Status Connection::attach(std::string_view file, std::string_view name) {
  int attached_max = limits_[static_cast<int>(Limit::Attached)];
  if (database_count_ >= static_cast<uint32_t>(attached_max) + 2) {
    return status_format(Code::Error, "too many attached databases - max %d", attached_max);
  }
  for (uint32_t i = 0; i < database_count_; ++i) {
    if (iequals(databases_[i].name, name) || (i == 0 && iequals(name, "main"))) {
      return status_format(Code::Error, "database %.*s is already in use", static_cast<int>(name.size()), name.data());
    }
  }
  uint32_t flags = open_flags_ & ~open_flags::kMemory;
  Database& added = databases_[database_count_];
  added = Database();
  added.name = name;
  std::string file_name(file);
  SQLRITE_TRY_ASSIGN(OpenTarget target, parse_open_target(file, flags));
  auto pager = open_pager(target, &added.file);
  if (!pager.ok()) {
    if (pager.status().primary() == Code::CantOpen) {
      return status_format(Code::CantOpen, "unable to open database: %s", file_name.c_str());
    }
    return pager.take_status();
  }
  added.pager = pager.take();
  ++database_count_;
  bump_epoch();
  Status status = guarded([&] { return load_schemas(); });
  if (status.ok() && added.encoding != databases_[0].encoding && added.schema->cookie != 0) {
    status = Status(Code::Error, "attached databases must use the same text encoding as main database");
  }
  if (!status.ok()) {
    --database_count_;
    transaction_.forget_database(database_count_);
    added = Database();
    bump_epoch();
    return status;
  }
  if (hooks_.wal != nullptr) set_wal_hook(hooks_.wal, hooks_.wal_context);
  return {};
}

Status Connection::detach(std::string_view name) {
  int index = -1;
  for (uint32_t i = 0; i < database_count_; ++i) {
    if (iequals(databases_[i].name, name)) index = static_cast<int>(i);
  }
  if (index < 0) return no_such_database(name);
  if (index < 2) {
    return status_format(Code::Error, "cannot detach database %.*s", static_cast<int>(name.size()), name.data());
  }
  uint32_t position = static_cast<uint32_t>(index);
  bool busy = !transaction_.is_autocommit() && (transaction_.is_reading(position) || transaction_.is_writing(position));
  for (Statement* statement = first_statement_; statement != nullptr && !busy; statement = statement->next_) {
    busy = statement->running_ && (statement->program_->databases_used >> position) != 0;
  }
  for (Blob* blob = first_blob_; blob != nullptr && !busy; blob = blob->next_) busy = blob->database_ >= position;
  if (busy) return status_format(Code::Error, "database %.*s is locked", static_cast<int>(name.size()), name.data());
  transaction_.forget_database(position);
  for (uint32_t i = position; i + 1 < database_count_; ++i) {
    databases_[i] = std::move(databases_[i + 1]);
    databases_[i].schema = nullptr;  // its objects carry their database's number
  }
  databases_[--database_count_] = Database();
  bump_epoch();
  if (hooks_.wal != nullptr) set_wal_hook(hooks_.wal, hooks_.wal_context);
  return {};
}

// ---------------------------------------------------------------- schemas

void Connection::publish_schema(uint32_t database, catalog::SchemaRef schema) {
  databases_[database].schema = std::move(schema);
  bump_epoch();
}

Status Connection::reload_schema(uint32_t index) {
  Database& database = databases_[index];
  catalog::LoadOptions options;
  options.writable_schema = settings_.writable_schema;
  storage::Pager& pager = *database.pager;
  if (pager.page_count(storage::kNewestView) > 0) {
    SQLRITE_TRY_ASSIGN(uint32_t encoding, storage::read_meta(pager, storage::kNewestView, 5));
    SQLRITE_TRY_ASSIGN(uint32_t largest_root, storage::read_meta(pager, storage::kNewestView, 4));
    SQLRITE_TRY_ASSIGN(uint32_t incremental, storage::read_meta(pager, storage::kNewestView, 7));
    encoding &= 3;
    database.encoding = encoding == 2   ? TextEncoding::Utf16Le
                        : encoding == 3 ? TextEncoding::Utf16Be
                                        : TextEncoding::Utf8;
    database.auto_vacuum_full = largest_root != 0 && incremental == 0;
  }
  SQLRITE_TRY_ASSIGN(auto schema,
                     catalog::load_schema(pager, storage::kNewestView, DatabaseId{static_cast<uint8_t>(index)}, *this,
                                          registry_, options));
  publish_schema(index, std::move(schema));
  return {};
}

Status Connection::load_schemas() {
  for (uint32_t i = 0; i < database_count_; ++i) {
    Database& database = databases_[i];
    if (database.schema != nullptr) continue;
    if (database.pager == nullptr) {
      database.schema = catalog::empty_schema(DatabaseId{static_cast<uint8_t>(i)}, databases_[0].encoding);
      continue;
    }
    bool was_reading = transaction_.is_reading(i);
    if (!was_reading) SQLRITE_TRY(database.pager->begin_read());
    Status status = guarded([&] { return reload_schema(i); });
    if (!was_reading) database.pager->end_read();
    SQLRITE_TRY(std::move(status));
  }
  return {};
}

Result<bool> Connection::refresh_schemas() {
  bool changed = false;
  for (uint32_t i = 0; i < database_count_; ++i) {
    Database& database = databases_[i];
    if (database.pager == nullptr || database.schema == nullptr || transaction_.is_reading(i)) continue;
    SQLRITE_TRY(database.pager->begin_read());
    bool stale = database.pager->schema_cookie() != database.schema->cookie;
    database.pager->end_read();
    if (stale) {
      database.schema = nullptr;
      bump_epoch();
      changed = true;
    }
  }
  return changed;
}

bind::FoundTable Connection::find_table_in(DatabaseId id, std::string_view name) {
  bind::FoundTable found;
  if (id.value >= database_count_) return found;
  if (databases_[id.value].schema == nullptr) [[unlikely]] {
    Status status = load_schemas();
    if (!status.ok() && lookup_error_.ok()) lookup_error_ = std::move(status);
  }
  const Database& database = databases_[id.value];
  if (database.schema == nullptr) return found;
  found.database_name = database.name;
  found.table = database.schema->find_table(name);
  bool temp = false;
  if (found.table == nullptr && is_schema_table_name(name, &temp) && (!temp || id == kTempDatabase)) {
    for (std::string_view alias : {"sqlite_schema", "sqlite_master", "sqlite_temp_schema", "sqlite_temp_master"}) {
      found.table = database.schema->find_table(alias);
      if (found.table != nullptr) break;
    }
  }
  return found;
}

bind::FoundTable Connection::find_table(std::string_view schema_name, std::string_view table_name) {
  if (!schema_name.empty()) {
    int index = find_database(schema_name);
    if (index < 0) {
      bind::FoundTable found;
      found.unknown_database = true;
      return found;
    }
    return find_table_in(DatabaseId{static_cast<uint8_t>(index)}, table_name);
  }
  bool temp = false;
  if (is_schema_table_name(table_name, &temp)) return find_table_in(temp ? kTempDatabase : kMainDatabase, table_name);
  for (uint32_t position = 0; position < database_count_; ++position) {
    uint8_t index = static_cast<uint8_t>(position == 0 ? 1 : position == 1 ? 0 : position);
    bind::FoundTable found = find_table_in(DatabaseId{index}, table_name);
    if (found.table != nullptr) return found;
  }
  return {};
}

const catalog::Index* Connection::find_index(std::string_view schema_name, std::string_view index_name,
                                             uint32_t* database) {
  for (uint32_t position = 0; position < database_count_; ++position) {
    uint32_t index = position == 0 ? 1 : position == 1 ? 0 : position;
    if (!schema_name.empty() && find_database(schema_name) != static_cast<int>(index)) continue;
    if (databases_[index].schema == nullptr) continue;
    if (const catalog::Index* found = databases_[index].schema->find_index(index_name); found != nullptr) {
      *database = index;
      return found;
    }
  }
  return nullptr;
}

PageId Connection::sequence_table_root(DatabaseId database) {
  const catalog::Table* table = find_table_in(database, "sqlite_sequence").table;
  return table != nullptr ? table->root : PageId{};
}

// ---------------------------------------------------------------- functions and collations

Status Connection::create_function(const functions::FunctionDef& def, void (*destroy)(void*)) {
  if (transaction_.active_count() > 0) {
    bool known = false;
    const functions::FunctionDef* existing = registry_.find(def.name, def.argument_count, &known);
    if (existing != nullptr && existing->argument_count == def.argument_count) {
      return Status(Code::Busy, "unable to delete/modify user-function due to active statements");
    }
  }
  SQLRITE_TRY(registry_.add(def, destroy));
  bump_epoch();
  return {};
}

const Collation* Connection::find_collation(std::string_view name) {
  if (iequals(name, "BINARY")) return catalog::binary_collation(databases_[0].encoding);
  if (iequals(name, "NOCASE")) return &kNoCaseCollation;
  if (iequals(name, "RTRIM")) return &kRTrimCollation;
  for (int attempt = 0; attempt < 2; ++attempt) {
    for (auto& entry : collations_) {
      if (entry->current && iequals(entry->name, name)) return &entry->collation;
    }
    if (attempt > 0 || hooks_.collation_needed == nullptr) break;
    std::string wanted(name);
    hooks_.collation_needed(hooks_.collation_needed_context, this, 1, wanted.c_str());
  }
  return nullptr;
}

Status Connection::create_collation(std::string_view name, Collation::CompareFn compare, void* context,
                                    void (*destroy)(void*)) {
  std::unique_ptr<CollationEntry> added;
  if (compare != nullptr) {
    added = std::make_unique<CollationEntry>();
    added->name = name;
    added->collation = {Collation::Kind::User, compare, context, added->name};
    added->destroy = destroy;
    collations_.reserve(collations_.size() + 1);
  }
  for (auto& entry : collations_) {
    if (!entry->current || !iequals(entry->name, name)) continue;
    if (transaction_.active_count() > 0) {
      return Status(Code::Busy, "unable to delete/modify collation sequence due to active statements");
    }
    entry->current = false;
  }
  if (added != nullptr) collations_.push_back(std::move(added));
  // Indexes with this collation become usable (or not): the schemas are read again.
  for (uint32_t i = 0; i < database_count_; ++i) {
    if (databases_[i].pager != nullptr && !transaction_.is_writing(i)) databases_[i].schema = nullptr;
  }
  bump_epoch();
  return {};
}

void Connection::for_each_collation(void (*visit)(void* context, std::string_view name), void* context) const {
  for (size_t i = collations_.size(); i-- > 0;) {
    if (collations_[i]->current) visit(context, collations_[i]->name);
  }
  for (std::string_view name : {"RTRIM", "NOCASE", "BINARY"}) visit(context, name);
}

// ---------------------------------------------------------------- settings and hooks

bool* Settings::switch_at(int op) {
  switch (op) {
    case 1002: return &foreign_keys;
    case 1003: return &triggers_enabled;
    case 1005: return &load_extension;
    case 1006: return &no_checkpoint_on_close;
    case 1010: return &defensive;
    case 1011: return &writable_schema;
    case 1012: return &legacy_alter_table;
    case 1013: return &dqs_dml;
    case 1014: return &dqs_ddl;
    case 1015: return &views_enabled;
    case 1016: return &legacy_file_format;
    case 1017: return &trusted_schema;
    case 1019: return &reverse_unordered_selects;
    case 1020: return &attach_create;
    case 1021: return &attach_write;
    case 1022: return &comments;
    default: return nullptr;
  }
}

void Connection::wal_callback(void* context, int frame_count) {
  static_cast<Database*>(context)->wal_frame_count = frame_count;
}

void Connection::set_wal_hook(int (*hook)(void*, Connection*, const char*, int), void* context) {
  hooks_.wal = hook;
  hooks_.wal_context = context;
  for (uint32_t i = 0; i < database_count_; ++i) {
    if (databases_[i].pager != nullptr)
      databases_[i].pager->set_wal_hook(hook != nullptr ? &wal_callback : nullptr, &databases_[i]);
  }
}

int Connection::limit(Limit which, int value) {
  int index = static_cast<int>(which);
  if (index < 0 || index >= kLimitCount) return -1;
  int old = limits_[index];
  if (value >= 0) {
    if (which == Limit::Length && value < 30) value = 30;
    limits_[index] = std::min(value, kLimitMax[index]);
    bump_epoch();
  }
  return old;
}

void Connection::set_busy_timeout(int timeout_ms) {
  busy_timeout_ms_ = std::max(timeout_ms, 0);
  busy_handler_ = nullptr;
}

void Connection::set_busy_handler(int (*handler)(void* context, int attempt), void* context) {
  busy_handler_ = handler;
  busy_context_ = context;
  busy_timeout_ms_ = 0;
}

bool Connection::busy_callback(void* connection, int attempt) {
  Connection& self = *static_cast<Connection*>(connection);
  if (self.busy_handler_ != nullptr) return self.busy_handler_(self.busy_context_, attempt) != 0;
  if (self.busy_timeout_ms_ <= 0 || self.is_interrupted()) return false;
  static constexpr int kDelaysMs[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100};
  constexpr int kDelayCount = static_cast<int>(std::size(kDelaysMs));
  int slept_ms = 0;
  for (int i = 0; i < attempt; ++i) slept_ms += kDelaysMs[std::min(i, kDelayCount - 1)];
  int delay_ms = std::min(kDelaysMs[std::min(attempt, kDelayCount - 1)], self.busy_timeout_ms_ - slept_ms);
  if (delay_ms <= 0) return false;
  self.vfs_->clock().sleep_us(int64_t{delay_ms} * 1000);
  return true;
}

void Connection::release_memory() {
  clear_statement_cache();  // of statements at rest; running ones are not in it
  for (uint32_t i = 0; i < database_count_; ++i) {
    if (databases_[i].pager != nullptr) databases_[i].pager->release_memory();
  }
  release_idle_buffers();
}

TableFunctions& Connection::table_functions() {
  if (table_functions_ == nullptr) table_functions_ = std::make_unique<TableFunctions>(*this);
  return *table_functions_;
}

// ---------------------------------------------------------------- for the layers below

int64_t Connection::statement_time_julian_ms() {
  if (statement_time_ms_ == 0) {
    constexpr int64_t kUnixEpochJulianMs = 210866760000000;  // 2440587.5 days
    statement_time_ms_ = vfs_->clock().wall_ms() + kUnixEpochJulianMs;
  }
  return statement_time_ms_;
}

bool Connection::local_time(int64_t unix_seconds, functions::LocalTime* out) {
  os::LocalTime local;
  if (!vfs_->clock().local_time(unix_seconds, &local)) return false;
  *out = functions::LocalTime{local.year, local.month, local.day, local.hour, local.minute, local.second};
  return true;
}

void Connection::random_bytes(void* out, size_t size_bytes) { vfs_->random().fill(out, size_bytes); }

void Connection::row_changed(exec::RowChange change, DatabaseId database, std::string_view table, RowId rowid) {
  for (Blob* blob = first_blob_; blob != nullptr; blob = blob->next_) blob->note_row_change(database, table, rowid);
  if (hooks_.update == nullptr || internal_depth_ > 0) return;
  std::string name(table);
  hooks_.update(hooks_.update_context, static_cast<int>(change), databases_[database.value].name.c_str(), name.c_str(),
                rowid);
}

}  // namespace sqlrite::engine

#include "engine/refusal.h"

namespace sqlrite::engine {

namespace {

Status refuse(const catalog::Table& table, const char* reason) {
  return status_format(Code::Error, "cannot write to table %.*s: %s", static_cast<int>(table.name.size()),
                       table.name.data(), reason);
}

bool fires(const catalog::Trigger& trigger, WriteKind kind, bool replaces) {
  if (trigger.statement == nullptr) return true;
  switch (trigger.statement->event) {
    case sql::TriggerEvent::Insert: return kind == WriteKind::Insert;
    case sql::TriggerEvent::Update: return kind == WriteKind::Update;
    case sql::TriggerEvent::Delete: return kind == WriteKind::Delete || replaces;
  }
  return true;
}

}  // namespace

Status check_write_supported(Connection& connection, const catalog::Table& table, WriteKind kind, bool replaces) {
  if (table.kind == catalog::TableKind::Virtual)
    return refuse(table, "virtual tables cannot be written in this version");
  const Settings& settings = connection.settings();
  if (settings.triggers_enabled) {
    for (const catalog::Trigger* trigger : table.triggers) {
      if (fires(*trigger, kind, replaces))
        return refuse(table, "it has a trigger, and triggers cannot be run in this version");
    }
    const catalog::SchemaRef& temp = connection.database(1).schema;
    if (temp != nullptr && table.database != kTempDatabase) {
      for (const auto& [name, trigger] : temp->triggers) {
        if (iequals(trigger->table_name, table.name) && fires(*trigger, kind, replaces)) {
          return refuse(table, "it has a trigger, and triggers cannot be run in this version");
        }
      }
    }
  }
  if (table.has_generated) return refuse(table, "it has generated columns, which cannot be written in this version");
  if (settings.foreign_keys) {
    if (!table.foreign_keys.empty())
      return refuse(table, "it has foreign keys, which cannot be enforced in this version");
    // Being referred to matters when rows vanish or keys change.
    if (kind != WriteKind::Insert || replaces) {
      const catalog::SchemaRef& schema = connection.database(table.database.value).schema;
      for (const catalog::Table* other : schema->tables_in_order) {
        for (const catalog::ForeignKey& key : other->foreign_keys) {
          if (iequals(key.parent_table, table.name)) {
            return refuse(table, "other tables refer to it by foreign keys, which cannot be enforced in this version");
          }
        }
      }
    }
  }
  for (const catalog::Index* index : table.indexes) {
    if (index->unusable_reason.empty()) continue;
    return status_format(Code::Error, "cannot write to table %.*s: its index %.*s cannot be maintained (%.*s)",
                         static_cast<int>(table.name.size()), table.name.data(), static_cast<int>(index->name.size()),
                         index->name.data(), static_cast<int>(index->unusable_reason.size()),
                         index->unusable_reason.data());
  }
  return {};
}

}  // namespace sqlrite::engine

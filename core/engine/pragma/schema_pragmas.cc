// PRAGMAs that tell what the schema, the connection and the library hold.
#include <algorithm>

#include "engine/ddl/schema_writer.h"
#include "engine/pragma/pragma.h"
#include "engine/pragma/table_functions.h"
#include "engine/statement.h"
#include "functions/library_version.h"
#include "sql/parser/parser.h"
#include "types/affinity.h"

namespace sqlrite::engine {

namespace {

// The table a pragma's argument names: in the named database, or wherever it is found first.
const catalog::Table* argument_table(PragmaCall& call) {
  Connection& connection = call.connection;
  if (!call.has_value) return nullptr;
  return call.has_schema ? connection.find_table_in(DatabaseId{static_cast<uint8_t>(call.database)}, call.value).table
                         : connection.find_table({}, call.value).table;
}

const catalog::Index* argument_index(PragmaCall& call) {
  if (!call.has_value) return nullptr;
  uint32_t database = 0;
  std::string_view schema =
      call.has_schema ? std::string_view(call.connection.database(call.database).name) : std::string_view();
  if (const catalog::Index* index = call.connection.find_index(schema, call.value, &database); index != nullptr)
    return index;
  // A WITHOUT ROWID table stands for its primary key.
  const catalog::Table* table = argument_table(call);
  return table != nullptr && table->without_rowid ? table->primary_key_index : nullptr;
}

Status read_all(PragmaCall& call) {
  for (uint32_t i = 0; i < call.connection.database_count(); ++i) {
    if (call.has_schema && i != call.database) continue;
    PragmaCall each{call.connection, call.def, i, call.has_schema, call.has_value, call.value, call.rows};
    SQLRITE_TRY(pragma_read(each));
  }
  return {};
}

// The type of a view's column: that of the table column it shows while the affinities agree, else one that stands for the
// affinity of its expression.
std::string_view view_column_type(const bind::ResultColumn& column) {
  if (!column.declared_type.empty() && affinity_from_type_name(column.declared_type) == column.affinity)
    return column.declared_type;
  switch (column.affinity) {
    case Affinity::Text: return "TEXT";
    case Affinity::Numeric: return "NUM";
    case Affinity::Integer: return "INT";
    case Affinity::Real: return "REAL";
    case Affinity::Blob: return "BLOB";
    case Affinity::None: return column.declared_type;
  }
  return {};
}

// Columns of a view are those of its query: bound for the asking.
Status view_info(PragmaCall& call, const catalog::Table& table, bool extended) {
  Arena arena(1024);
  std::string text = "SELECT * FROM " + quoted_name(call.connection.database(table.database.value).name) + "." +
                     quoted_name(table.name);
  SQLRITE_TRY_ASSIGN(sql::ParsedStatement parsed, sql::parse_statement(text, arena));
  bind::BindContext context{
      arena, text, call.connection, call.connection.registry(), call.connection, &call.connection.table_functions(),
      true};
  bind::Binder binder(context);
  SQLRITE_TRY_ASSIGN(bind::BoundQuery * query,
                     binder.bind_select(*parsed.statement->as<sql::SelectStatement>()->select));
  for (size_t i = 0; i < query->columns.size(); ++i) {
    call.rows.add_integer(static_cast<int64_t>(i));
    call.rows.add_text(query->columns[i].name);
    call.rows.add_text(view_column_type(query->columns[i]));
    call.rows.add_integer(0);
    call.rows.add_null();
    call.rows.add_integer(0);
    if (extended) call.rows.add_integer(0);
  }
  return {};
}

Status table_columns(PragmaCall& call, bool extended) {
  SQLRITE_TRY(read_all(call));
  const catalog::Table* table = argument_table(call);
  if (table == nullptr) return {};
  if (table->kind == catalog::TableKind::View) return view_info(call, *table, extended);
  int64_t shown_count = 0;
  for (const catalog::TableColumn& column : table->columns) {
    int hidden = column.generated == catalog::GeneratedKind::Virtual  ? 2
                 : column.generated == catalog::GeneratedKind::Stored ? 3
                 : column.hidden                                      ? 1
                                                                      : 0;
    if (!extended && hidden != 0) continue;
    call.rows.add_integer(shown_count++);
    call.rows.add_text(column.name);
    call.rows.add_text(column.declared_type);
    call.rows.add_integer(column.not_null ? 1 : 0);
    if (column.default_expr == nullptr || column.default_text.data() == nullptr) {
      call.rows.add_null();
    } else {
      call.rows.add_text(column.default_text);
    }
    call.rows.add_integer(column.primary_key_position);
    if (extended) call.rows.add_integer(hidden);
  }
  return {};
}

Status index_columns(PragmaCall& call, bool extended) {
  SQLRITE_TRY(read_all(call));
  const catalog::Index* index = argument_index(call);
  if (index == nullptr) return {};
  size_t count = extended ? index->fields.size() : index->key_field_count;
  for (size_t i = 0; i < count; ++i) {
    const catalog::IndexField& field = index->fields[i];
    call.rows.add_integer(static_cast<int64_t>(i));
    call.rows.add_integer(field.column);
    if (field.column >= 0) {
      call.rows.add_text(index->table->columns[static_cast<size_t>(field.column)].name);
    } else {
      call.rows.add_null();
    }
    if (!extended) continue;
    call.rows.add_integer(field.descending ? 1 : 0);
    call.rows.add_text(field.collation_name);
    call.rows.add_integer(i < index->key_field_count ? 1 : 0);
  }
  return {};
}

constexpr const char* kActions[] = {"NO ACTION", "RESTRICT", "SET NULL", "SET DEFAULT", "CASCADE"};

}  // namespace

Status pragma_table_info(PragmaCall& call) { return table_columns(call, false); }
Status pragma_table_xinfo(PragmaCall& call) { return table_columns(call, true); }
Status pragma_index_info(PragmaCall& call) { return index_columns(call, false); }
Status pragma_index_xinfo(PragmaCall& call) { return index_columns(call, true); }

Status pragma_table_list(PragmaCall& call) {
  SQLRITE_TRY(read_all(call));
  Connection& connection = call.connection;
  for (uint32_t position = 0; position < connection.database_count(); ++position) {
    if (call.has_schema && position != call.database) continue;
    const Database& database = connection.database(position);
    const auto named = database.schema->tables_in_order;
    std::vector<const catalog::Table*> tables(named.rbegin(), named.rend());  // the newest first
    const bool is_temp = position == kTempDatabase.value;
    const catalog::Table* schema_table = database.schema->find_table(is_temp ? "sqlite_temp_master" : "sqlite_master");
    if (schema_table != nullptr) tables.push_back(schema_table);
    for (const catalog::Table* table : tables) {
      if (call.has_value && !iequals(table->name, call.value)) continue;
      size_t column_count = table->columns.size();
      if (table->kind == catalog::TableKind::View) {
        RowSet columns;
        columns.reset(6);
        PragmaCall view{connection, call.def, position, true, true, table->name, columns};
        if (view_info(view, *table, false).ok()) column_count = columns.row_count();
      }
      call.rows.add_text(database.name);
      call.rows.add_text(table != schema_table ? std::string_view(table->name)
                         : is_temp             ? "sqlite_temp_schema"
                                               : "sqlite_schema");
      call.rows.add_text(table->kind == catalog::TableKind::View      ? "view"
                         : table->kind == catalog::TableKind::Virtual ? "virtual"
                                                                      : "table");
      call.rows.add_integer(static_cast<int64_t>(column_count));
      call.rows.add_integer(table->without_rowid ? 1 : 0);
      call.rows.add_integer(table->strict ? 1 : 0);
    }
  }
  return {};
}

Status pragma_index_list(PragmaCall& call) {
  SQLRITE_TRY(read_all(call));
  const catalog::Table* table = argument_table(call);
  if (table == nullptr) return {};
  int64_t sequence = 0;
  auto add = [&](const catalog::Index& index) {
    call.rows.add_integer(sequence++);
    call.rows.add_text(index.name);
    call.rows.add_integer(index.unique ? 1 : 0);
    call.rows.add_text(index.origin == catalog::IndexOrigin::Create   ? "c"
                       : index.origin == catalog::IndexOrigin::Unique ? "u"
                                                                      : "pk");
    call.rows.add_integer(index.where != nullptr ? 1 : 0);
  };
  // Newest first, those that make room by REPLACE behind the others; the key of a WITHOUT ROWID table stands where its number among the automatic indexes puts it.
  std::vector<const catalog::Index*> indexes(table->indexes.begin(), table->indexes.end());
  if (table->without_rowid && table->primary_key_index != nullptr) {
    auto number = [](const catalog::Index* index) {
      return pragma_integer(index->name.substr(index->name.rfind('_') + 1));
    };
    auto at = std::find_if(indexes.begin(), indexes.end(), [&](const catalog::Index* index) {
      return index->origin != catalog::IndexOrigin::Create && number(index) < number(table->primary_key_index);
    });
    indexes.insert(at, table->primary_key_index);
  }
  std::stable_partition(indexes.begin(), indexes.end(), [](const catalog::Index* index) {
    return index->conflict != catalog::ConflictAction::Replace;
  });
  for (const catalog::Index* index : indexes) add(*index);
  return {};
}

Status pragma_foreign_key_list(PragmaCall& call) {
  SQLRITE_TRY(read_all(call));
  const catalog::Table* table = argument_table(call);
  if (table == nullptr) return {};
  for (size_t id = 0; id < table->foreign_keys.size(); ++id) {
    const catalog::ForeignKey& key = table->foreign_keys[id];
    for (size_t i = 0; i < key.columns.size(); ++i) {
      call.rows.add_integer(static_cast<int64_t>(id));
      call.rows.add_integer(static_cast<int64_t>(i));
      call.rows.add_text(key.parent_table);
      call.rows.add_text(table->columns[key.columns[i]].name);
      if (i < key.parent_columns.size()) {
        call.rows.add_text(key.parent_columns[i]);
      } else {
        call.rows.add_null();
      }
      call.rows.add_text(kActions[key.on_update <= 4 ? key.on_update : 0]);
      call.rows.add_text(kActions[key.on_delete <= 4 ? key.on_delete : 0]);
      call.rows.add_text("NONE");
    }
  }
  return {};
}

Status pragma_foreign_key_check(PragmaCall& call) {
  SQLRITE_TRY(read_all(call));
  Connection& connection = call.connection;
  const catalog::Table* only = call.has_value ? argument_table(call) : nullptr;
  if (call.has_value && only == nullptr) {
    return status_format(Code::Error, "no such table: %.*s", static_cast<int>(call.value.size()), call.value.data());
  }
  struct Found {
    RowSet* rows;
    const catalog::Table* table;
    std::string_view parent;
    int64_t id;
  };
  for (uint32_t i = 0; i < connection.database_count(); ++i) {
    if (call.has_schema && i != call.database) continue;
    catalog::SchemaRef schema = connection.database(i).schema;
    for (const catalog::Table* table : schema->tables_in_order) {
      if (only != nullptr && table != only) continue;
      for (size_t id = 0; id < table->foreign_keys.size(); ++id) {
        const catalog::ForeignKey& key = table->foreign_keys[id];
        const catalog::Table* parent = schema->find_table(key.parent_table);
        std::string rowid = rowid_name(*table);
        std::string schema_name = quoted_name(connection.database(i).name);
        std::string query = "SELECT " + (rowid.empty() ? std::string("NULL") : "c." + rowid) + " FROM " + schema_name +
                            "." + quoted_name(table->name) + " c WHERE ";
        std::string match;
        for (size_t c = 0; c < key.columns.size(); ++c) {
          std::string child = "c." + quoted_name(table->columns[key.columns[c]].name);
          query += (c > 0 ? " AND " : "") + child + " IS NOT NULL";
          std::string parent_column;
          if (c < key.parent_columns.size()) {
            parent_column = quoted_name(key.parent_columns[c]);
          } else if (parent != nullptr) {
            for (const catalog::TableColumn& column : parent->columns) {
              if (column.primary_key_position == c + 1) parent_column = quoted_name(column.name);
            }
            if (parent_column.empty()) {
              return status_format(Code::Error, "foreign key mismatch - \"%.*s\" referencing \"%.*s\"",
                                   static_cast<int>(table->name.size()), table->name.data(),
                                   static_cast<int>(key.parent_table.size()), key.parent_table.data());
            }
          }
          match += (c > 0 ? " AND p." : "p.") + parent_column + " = " + child;
        }
        if (parent != nullptr) {
          query += " AND NOT EXISTS (SELECT 1 FROM " + schema_name + "." + quoted_name(parent->name) + " p WHERE " +
                   match + ")";
        }
        Found found{&call.rows, table, key.parent_table, static_cast<int64_t>(id)};
        SQLRITE_TRY(connection.exec_internal(
            query,
            [](void* context, Statement& row) -> Status {
              Found& to = *static_cast<Found*>(context);
              to.rows->add_text(to.table->name);
              to.rows->add_copy(row.column_value(0));
              to.rows->add_text(to.parent);
              to.rows->add_integer(to.id);
              return {};
            },
            &found));
      }
    }
  }
  return {};
}

Status pragma_database_list(PragmaCall& call) {
  for (uint32_t i = 0; i < call.connection.database_count(); ++i) {
    const Database& database = call.connection.database(i);
    if (database.pager == nullptr) continue;
    call.rows.add_integer(i);
    call.rows.add_text(database.name);
    call.rows.add_text(database.file);
  }
  return {};
}

Status pragma_collation_list(PragmaCall& call) {
  struct Counter {
    RowSet* rows;
    int64_t count;
  } counter{&call.rows, 0};
  call.connection.for_each_collation(
      [](void* context, std::string_view name) {
        Counter& to = *static_cast<Counter*>(context);
        to.rows->add_integer(to.count++);
        to.rows->add_text(name);
      },
      &counter);
  return {};
}

Status pragma_function_list(PragmaCall& call) {
  call.connection.registry().for_each(
      [](void* context, const functions::FunctionDef& def, bool builtin) {
        RowSet& rows = *static_cast<RowSet*>(context);
        rows.add_text(def.name);
        rows.add_integer(builtin ? 1 : 0);
        bool windowed = def.aggregate.inverse != nullptr || def.aggregate.value != nullptr;
        rows.add_text(def.type == functions::FunctionType::Scalar               ? "s"
                      : windowed || def.type == functions::FunctionType::Window ? "w"
                                                                                : "a");
        rows.add_text("utf8");
        rows.add_integer(def.argument_count);
        int64_t flags = (def.flags & functions::function_flags::kDeterministic) != 0 ? 0x800 : 0;
        if ((def.flags & functions::function_flags::kInnocuous) != 0) flags |= 0x200000;
        if ((def.flags & functions::function_flags::kDirectOnly) != 0) flags |= 0x80000;
        rows.add_integer(flags);
      },
      &call.rows);
  return {};
}

Status pragma_module_list(PragmaCall& call) {
  for (const PragmaDef& def : all_pragmas()) {
    if ((def.flags & pragma_flags::kTableFunction) != 0) call.rows.add_text(std::string("pragma_") + def.name);
  }
  return {};
}

Status pragma_pragma_list(PragmaCall& call) {
  for (const PragmaDef& def : all_pragmas()) call.rows.add_text(def.name);
  return {};
}

Status pragma_compile_options(PragmaCall& call) {
  for (int64_t i = 0;; ++i) {
    const char* option = functions::compile_option(i);
    if (option == nullptr) return {};
    call.rows.add_text(option);
  }
}

Status pragma_stats(PragmaCall& call) {
  SQLRITE_TRY(read_all(call));
  for (uint32_t i = 0; i < call.connection.database_count(); ++i) {
    for (const catalog::Table* table : call.connection.database(i).schema->tables_in_order) {
      if (table->kind != catalog::TableKind::Table) continue;
      call.rows.add_text(table->name);
      call.rows.add_null();
      call.rows.add_integer(0);
      call.rows.add_integer(static_cast<int64_t>(table->row_count_estimate));
      call.rows.add_integer(0);
    }
  }
  return {};
}

}  // namespace sqlrite::engine

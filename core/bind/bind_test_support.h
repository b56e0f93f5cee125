// A database without pages for the binder's tests: CREATE texts in, schemas and bound trees out.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bind/binder.h"
#include "catalog/definition.h"
#include "catalog/loader.h"
#include "sql/parser/parser.h"

namespace sqlrite::bind {

struct TestCollations : catalog::CollationSource {
  const Collation* find_collation(std::string_view name) override {
    for (const Collation* each : {&kBinaryCollation, &kNoCaseCollation, &kRTrimCollation}) {
      if (iequals(each->name, name)) return each;
    }
    return nullptr;
  }
};

class TestDatabase : public SchemaSource, public TableFunctionSource {
 public:
  // Several CREATE statements, separated by semicolons. "" or the first failure's message.
  std::string create(std::string_view script) {
    Arena scratch;
    while (true) {
      auto parsed = sql::parse_statement(script, scratch);
      if (!parsed.ok()) return std::string(parsed.status().message());
      if (parsed.value().statement == nullptr) break;
      std::string_view one = script.substr(0, parsed.value().tail);
      while (!one.empty() && (one.back() == ';' || one.back() == ' ')) one.remove_suffix(1);
      while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
      std::string error = create_one(one);
      if (!error.empty()) return error;
      script.remove_prefix(parsed.value().tail);
    }
    return "";
  }

  FoundTable find_table(std::string_view schema_name, std::string_view table_name) override {
    FoundTable found;
    if (!schema_name.empty() && !iequals(schema_name, "main")) {
      found.unknown_database = true;
      return found;
    }
    return find_table_in(kMainDatabase, table_name);
  }
  FoundTable find_table_in(DatabaseId, std::string_view table_name) override {
    FoundTable found;
    found.table = schema()->find_table(table_name);
    found.database_name = "main";
    return found;
  }
  const TableFunctionInfo* find_table_function(std::string_view name) override {
    auto column = [](std::string_view column_name, Affinity affinity, bool hidden) {
      SourceColumn made;
      made.name = column_name;
      made.affinity = affinity;
      made.hidden = hidden;
      return made;
    };
    static const SourceColumn kColumns[] = {column("cid", Affinity::Integer, false),
                                            column("name", Affinity::Text, false), column("arg", Affinity::None, true),
                                            column("schema", Affinity::None, true)};
    static const TableFunctionInfo kInfo{"pragma_table_info", kColumns, 2, nullptr};
    return iequals(name, kInfo.name) ? &kInfo : nullptr;
  }

  const catalog::Schema* schema() {
    if (schema_ == nullptr) {
      // The rows here carry their text only, which may be with PRAGMA writable_schema alone.
      catalog::LoadOptions options;
      options.writable_schema = true;
      catalog::SchemaBuilder builder(kMainDatabase, TextEncoding::Utf8, collations, registry, options);
      int64_t root = 2;
      for (const std::string& text : texts_) {
        catalog::SchemaRow row;
        row.name = "x";
        row.sql = text;
        row.root = root++;
        Status status = builder.add_row(row);
        if (!status.ok()) schema_error = status.message();
        // Automatic indexes get their rows as CREATE TABLE would have written them.
        for (const std::string& name : automatic_names_[text]) {
          catalog::SchemaRow automatic;
          automatic.name = name;
          automatic.root = root++;
          Status added = builder.add_row(automatic);
          if (!added.ok()) schema_error = added.message();
        }
      }
      auto built = builder.finish();
      if (!built.ok()) {
        schema_error = built.status().message();
        schema_ = catalog::empty_schema(kMainDatabase);
      } else {
        schema_ = built.take();
      }
    }
    return schema_.get();
  }

  // Binds a statement: "" or the error.
  std::string bind(std::string_view sql) {
    texts.emplace_back(sql);
    std::string_view text = texts.back();
    query = nullptr;
    insert = nullptr;
    update = nullptr;
    erase = nullptr;
    auto parsed = sql::parse_statement(text, arena);
    if (!parsed.ok()) return std::string(parsed.status().message());
    BindContext context{arena, text, *this, registry, collations};
    context.table_functions = this;
    Binder binder(context);
    auto take = [](auto result, auto** out) -> std::string {
      if (!result.ok()) return std::string(result.status().message());
      *out = result.take();
      return "";
    };
    sql::Statement& statement = *parsed.value().statement;
    switch (statement.kind) {
      case sql::StatementKind::Select:
        return take(binder.bind_select(*statement.as<sql::SelectStatement>()->select), &query);
      case sql::StatementKind::Insert: return take(binder.bind_insert(*statement.as<sql::InsertStatement>()), &insert);
      case sql::StatementKind::Update: return take(binder.bind_update(*statement.as<sql::UpdateStatement>()), &update);
      case sql::StatementKind::Delete: return take(binder.bind_delete(*statement.as<sql::DeleteStatement>()), &erase);
      default: return "not a statement to bind";
    }
  }

  // Names of the result columns, joined by commas; or the error.
  std::string columns(std::string_view sql) {
    std::string error = bind(sql);
    if (!error.empty()) return "ERR " + error;
    std::string names;
    std::span<ResultColumn> list;
    if (query != nullptr) list = query->columns;
    if (insert != nullptr && insert->returning != nullptr) list = insert->returning->columns;
    if (update != nullptr && update->returning != nullptr) list = update->returning->columns;
    if (erase != nullptr && erase->returning != nullptr) list = erase->returning->columns;
    for (const ResultColumn& column : list) names.append(names.empty() ? "" : ",").append(column.name);
    return names;
  }

  functions::Registry registry;
  TestCollations collations;
  Arena arena;
  std::deque<std::string> texts;
  std::string schema_error;
  BoundQuery* query = nullptr;
  BoundInsert* insert = nullptr;
  BoundUpdate* update = nullptr;
  BoundDelete* erase = nullptr;

 private:
  std::string create_one(std::string_view text) {
    Arena scratch;
    auto parsed = sql::parse_statement(text, scratch);
    catalog::DefinitionContext context{scratch, text, collations, registry};
    sql::Statement& statement = *parsed.value().statement;
    std::string error;
    switch (statement.kind) {
      case sql::StatementKind::CreateTable: {
        auto table = catalog::define_table(*statement.as<sql::CreateTableStatement>(), context);
        if (!table.ok()) return std::string(table.status().message());
        std::span<catalog::Index*> indexes = table.value()->indexes;
        for (size_t i = indexes.size(); i > 0; --i) {
          automatic_names_[std::string(text)].emplace_back(indexes[i - 1]->name);
        }
        break;
      }
      case sql::StatementKind::CreateIndex: {
        auto& create = *statement.as<sql::CreateIndexStatement>();
        const catalog::Table* table = schema()->find_table(create.table.text);
        if (table == nullptr) return "no such table: main." + std::string(create.table.text);
        auto index = catalog::define_index(create, *table, context);
        if (!index.ok()) return std::string(index.status().message());
        break;
      }
      case sql::StatementKind::CreateView: {
        auto view = catalog::define_view(*statement.as<sql::CreateViewStatement>(), context);
        if (!view.ok()) return std::string(view.status().message());
        break;
      }
      default: break;
    }
    texts_.emplace_back(text);
    schema_ = nullptr;
    return "";
  }

  std::deque<std::string> texts_;
  std::map<std::string, std::vector<std::string>, std::less<>> automatic_names_;
  std::shared_ptr<catalog::Schema> schema_;
};

}  // namespace sqlrite::bind

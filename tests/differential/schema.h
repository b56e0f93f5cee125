// What the generator knows about the databases of a case: read from both engines, which must agree, after every
// statement that may change it, so that failed definitions, renames and rollbacks need no bookkeeping.
#pragma once

#include <string>
#include <vector>

#include "harness/sqlite_api.h"

namespace sqlrite::differential {

// Columns that an expression may name, innermost scope last.
using Scope = std::vector<std::string>;

struct Table {
  std::string database;  // "main", "temp" or an attached one
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::string> types;
  std::vector<bool> unique;  // part of a unique index
  int key = -1;              // column whose values are all different, by itself
  bool integer_key = false;  // that column is the rowid
  bool without_rowid = false;
  bool strict = false;
  bool view = false;

  std::string full_name() const { return database == "main" ? name : database + "." + name; }
  bool operator==(const Table&) const = default;
  // The columns with the table's name (or `alias`) before them.
  Scope scope(const std::string& alias) const;
};

struct Schema {
  std::vector<std::string> databases;
  std::vector<Table> tables;  // views stand among them
  std::vector<std::string> indexes;

  void read(const harness::SqliteApi& api, void* db);
  // Without views: the columns of one whose tables are gone depend on when they were last asked for.
  bool agrees_with(const Schema& other) const;
};

}  // namespace sqlrite::differential

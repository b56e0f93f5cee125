// The table-valued functions of a connection: pragma_NAME(arg, schema) for every pragma that answers rows, and
// json_each(), json_tree() with their jsonb_ forms.
#pragma once

#include <memory>
#include <vector>

#include "bind/binder.h"
#include "exec/operator.h"

namespace sqlrite::engine {

class Connection;
struct PragmaDef;

class TableFunctions final : public bind::TableFunctionSource, public exec::TableFunctionRunner {
 public:
  explicit TableFunctions(Connection& connection) : connection_(connection) {}
  const bind::TableFunctionInfo* find_table_function(std::string_view name) override;
  Status run(const bind::BoundSource& source, std::span<const Value> arguments, Arena& heap,
             Status (*emit)(void* context, std::span<const Value> row), void* context) override;

 private:
  struct Entry {
    std::string_view name;
    const PragmaDef* pragma = nullptr;  // null: a JSON function
    bool json_tree = false;
    bool json_binary = false;
    std::vector<bind::SourceColumn> columns;
    bind::TableFunctionInfo info;
    bool has_argument = false;
  };
  const bind::TableFunctionInfo* find_json_function(std::string_view name);
  Status run_json(const bind::BoundSource& source, const Entry& entry, std::span<const Value> arguments, Arena& heap,
                  Status (*emit)(void* context, std::span<const Value> row), void* context);

  Connection& connection_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace sqlrite::engine

// The functions that exist only over windows. They are descriptors: the window operator computes them itself.
#include "functions/function_table.h"

namespace sqlrite::functions {

namespace {

FunctionDef window_def(std::string_view name, int argument_count, BuiltinKind kind) {
  FunctionDef def;
  def.name = name;
  def.argument_count = static_cast<int16_t>(argument_count);
  def.type = FunctionType::Window;
  def.kind = kind;
  def.flags = kPure;
  return def;
}

}  // namespace

std::vector<FunctionDef> window_functions() {
  std::vector<FunctionDef> table;
  table.push_back(window_def("row_number", 0, BuiltinKind::RowNumber));
  table.push_back(window_def("rank", 0, BuiltinKind::Rank));
  table.push_back(window_def("dense_rank", 0, BuiltinKind::DenseRank));
  table.push_back(window_def("percent_rank", 0, BuiltinKind::PercentRank));
  table.push_back(window_def("cume_dist", 0, BuiltinKind::CumeDist));
  table.push_back(window_def("ntile", 1, BuiltinKind::Ntile));
  for (int count : {1, 2, 3}) {
    table.push_back(window_def("lag", count, BuiltinKind::Lag));
    table.push_back(window_def("lead", count, BuiltinKind::Lead));
  }
  table.push_back(window_def("first_value", 1, BuiltinKind::FirstValue));
  table.push_back(window_def("last_value", 1, BuiltinKind::LastValue));
  table.push_back(window_def("nth_value", 2, BuiltinKind::NthValue));
  return table;
}

}  // namespace sqlrite::functions

// The tables of aggregate functions, one per file.
#pragma once

#include "functions/function_table.h"

namespace sqlrite::functions {

void add_numeric_aggregates(std::vector<FunctionDef>& table);
void add_extreme_aggregates(std::vector<FunctionDef>& table);
void add_text_aggregates(std::vector<FunctionDef>& table);

}  // namespace sqlrite::functions

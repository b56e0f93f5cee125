// count, sum, total and avg.
#include "functions/aggregate/aggregate_tables.h"
#include "functions/aggregate/sum_state.h"

namespace sqlrite::functions {

Status SumState::sum_result(Value* result) const {
  *result = Value::null();
  if (count <= 0) return Status();
  if (!approximate) {
    *result = Value::from_integer(integer);
    return Status();
  }
  if (overflow) return call_error("integer overflow");
  *result = Value::from_real(real());
  return Status();
}

namespace {

Status sum_step(CallContext&, void* state, const Value* arguments, int) {
  auto* sum = static_cast<SumState*>(state);
  Value number = numeric_argument(arguments[0]);
  if (number.type == ValueType::Integer) {
    sum->step_integer(number.integer);
  } else if (!number.is_null()) {
    sum->step_real(to_real(number));
  }
  return Status();
}

Status sum_inverse(CallContext&, void* state, const Value* arguments, int) {
  auto* sum = static_cast<SumState*>(state);
  Value number = numeric_argument(arguments[0]);
  if (number.type == ValueType::Integer) {
    sum->unstep_integer(number.integer);
  } else if (!number.is_null()) {
    sum->unstep_real(to_real(number));
  }
  return Status();
}

Status sum_value(CallContext&, void* state, Value* result) { return static_cast<SumState*>(state)->sum_result(result); }

Status total_value(CallContext&, void* state, Value* result) {
  *result = static_cast<SumState*>(state)->total_result();
  return Status();
}

Status avg_value(CallContext&, void* state, Value* result) {
  *result = static_cast<SumState*>(state)->avg_result();
  return Status();
}

Status count_step(CallContext&, void* state, const Value* arguments, int argument_count) {
  if (argument_count == 0 || !arguments[0].is_null()) ++*static_cast<int64_t*>(state);
  return Status();
}

Status count_inverse(CallContext&, void* state, const Value* arguments, int argument_count) {
  if (argument_count == 0 || !arguments[0].is_null()) --*static_cast<int64_t*>(state);
  return Status();
}

Status count_value(CallContext&, void* state, Value* result) {
  *result = Value::from_integer(*static_cast<int64_t*>(state));
  return Status();
}

}  // namespace

void add_numeric_aggregates(std::vector<FunctionDef>& table) {
  AggregateFns sum{sizeof(SumState), sum_step, sum_inverse, sum_value, sum_value, nullptr};
  AggregateFns total{sizeof(SumState), sum_step, sum_inverse, total_value, total_value, nullptr};
  AggregateFns avg{sizeof(SumState), sum_step, sum_inverse, avg_value, avg_value, nullptr};
  AggregateFns count{sizeof(int64_t), count_step, count_inverse, count_value, count_value, nullptr};
  table.push_back(aggregate_def("sum", 1, sum, kPure, BuiltinKind::Sum));
  table.push_back(aggregate_def("total", 1, total, kPure, BuiltinKind::Total));
  table.push_back(aggregate_def("avg", 1, avg, kPure, BuiltinKind::Avg));
  table.push_back(aggregate_def("count", 0, count, kPure, BuiltinKind::CountStar));
  table.push_back(aggregate_def("count", 1, count, kPure, BuiltinKind::Count));
}

}  // namespace sqlrite::functions

#include "differential/answer.h"

#include <algorithm>
#include <cstdio>

namespace sqlrite::differential {

namespace {

constexpr size_t kRowsMax = 200000;

enum ColumnType { kInteger = 1, kReal = 2, kText = 3, kBlob = 4, kNull = 5 };

std::string render_value(const harness::SqliteApi& api, void* statement, int column, bool loose) {
  char number[64];
  switch (api.column_type(statement, column)) {
    case kInteger:
      std::snprintf(number, sizeof number, "%s%lld", loose ? "n" : "i",
                    static_cast<long long>(api.column_int64(statement, column)));
      return number;
    case kReal: {
      double value = api.column_double(statement, column) + 0.0;  // + 0.0: both zeros print alike
      bool whole = value >= -9.2e18 && value <= 9.2e18 && value == static_cast<double>(static_cast<int64_t>(value));
      if (loose && whole) {
        std::snprintf(number, sizeof number, "n%lld", static_cast<long long>(value));
      } else {
        std::snprintf(number, sizeof number, "%s%.15g", loose ? "n" : "r", value);
      }
      return number;
    }
    case kNull: return "NULL";
    case kText: {
      const unsigned char* text = api.column_text(statement, column);
      int size = api.column_bytes(statement, column);
      return "t'" + std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(size)) + "'";
    }
    default: {
      const void* bytes = api.column_blob(statement, column);
      int size = api.column_bytes(statement, column);
      std::string blob(static_cast<const char*>(bytes), bytes != nullptr ? static_cast<size_t>(size) : 0);
      return "x'" + blob + "'";
    }
  }
}

std::string render_row(const harness::SqliteApi& api, void* statement, bool loose) {
  std::string row;
  for (int i = 0; i < api.column_count(statement); ++i) row += render_value(api, statement, i, loose) + '|';
  return row;
}

}  // namespace

Answer run(const harness::SqliteApi& api, void* db, const std::string& sql, bool loose) {
  Answer answer;
  void* statement = nullptr;
  int code = api.prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  if (code == 0 && statement != nullptr) {
    while ((code = api.step(statement)) == harness::kRow) {
      answer.rows.push_back(render_row(api, statement, loose));
      if (answer.rows.size() > kRowsMax) break;
    }
    if (code == harness::kDone || code == harness::kRow) code = 0;
  }
  if (code != 0) {
    answer.message = api.errmsg(db);
    answer.rows.clear();
  }
  answer.code = code & 0xff;
  answer.changes = api.changes(db);
  api.finalize(statement);
  return answer;
}

std::string difference(const Answer& ours, const Answer& stock, bool ordered, bool count_changes) {
  if (ours.code != stock.code) {
    return "code " + std::to_string(ours.code) + " (" + ours.message + "), stock " + std::to_string(stock.code) + " (" +
           stock.message + ")";
  }
  if (ours.code != 0) return "";
  if (count_changes && ours.changes != stock.changes) {
    return "changes " + std::to_string(ours.changes) + ", stock " + std::to_string(stock.changes);
  }
  std::vector<std::string> a = ours.rows;
  std::vector<std::string> b = stock.rows;
  if (!ordered) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
  }
  if (a.size() != b.size()) return std::to_string(a.size()) + " rows, stock " + std::to_string(b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return "row " + std::to_string(i) + ": " + a[i] + ", stock " + b[i];
  }
  return "";
}

}  // namespace sqlrite::differential

#include "runner.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>

#include "harness/temporary_folder.h"
#include "scenario.h"

namespace sqlrite::conformance {

namespace {

// A step whose outcome is not what the scenario says, or a scenario that makes no sense.
struct Mismatch : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Every key that a step may have; a misspelt expectation would otherwise never be looked at.
const std::set<std::string> kStepKeys = {
    "do",      "on",      "as",      "of",         "sql",           "params", "path",
    "count",   "text",    "hex",     "read_only",  "timeout_ms",    "rows",   "row_count",
    "rows_at", "columns", "changes", "last_rowid", "total_changes", "done",   "in_transaction",
    "error",   "note"};

// What a step brought to light.
struct Answer {
  Outcome failure;
  bool has_rows = false;
  bool done = false;
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
  bool has_counts = false;
  int64_t changes = 0;
  int64_t last_rowid = 0;
  std::optional<int64_t> total_changes;
  std::optional<bool> in_transaction;
};

Json notation_of(const std::vector<Cell>& row) {
  Json json = Json::array();
  for (const Cell& cell : row) json.push_back(notation_of(cell));
  return json;
}

// For messages and --show; long values would hide the rest.
std::string brief(const Json& json) {
  std::string text = json.dump();
  return text.size() <= 400 ? text : text.substr(0, 400) + "... (" + std::to_string(text.size()) + " characters)";
}

void expect_equal(const char* what, const Json& expected, const Json& actual) {
  if (expected != actual)
    throw Mismatch(std::string(what) + ": expected " + brief(expected) + ", got " + brief(actual));
}

Json notation_of(const Failure& failure) {
  Json json = Json::object();
  if (!failure.kind.empty()) json["kind"] = failure.kind;
  if (failure.extended_code != Failure::kNotTold) {
    json["code"] = failure.extended_code & 0xff;
    if (failure.extended_code > 0xff) json["extended"] = failure.extended_code;
  }
  json["message"] = failure.message;
  return json;
}

void expect_failure(const Json& expected, const Outcome& failure) {
  if (!failure) throw Mismatch("expected the error " + brief(expected) + ", but it went well");
  Json actual = notation_of(*failure);
  for (const auto& [key, value] : expected.items()) {
    if (key == "kind") {
      expect_equal("kind of error", value, failure->kind);
    } else if (key == "message") {
      expect_equal("message", value, failure->message);
    } else if (key == "code" || key == "extended") {
      if (failure->extended_code == Failure::kNotTold) continue;
      int code = key == "code" ? failure->extended_code & 0xff : failure->extended_code;
      if (value != code) throw Mismatch("expected the error " + brief(expected) + ", got " + brief(actual));
    } else {
      throw Mismatch("no such expectation of an error: " + key);
    }
  }
}

void expect_row(const std::string& where, const Json& expected, const std::vector<Cell>& row) {
  bool equal = expected.is_array() && expected.size() == row.size();
  for (size_t i = 0; equal && i < row.size(); ++i) equal = same(cell_of(expected[i]), row[i]);
  if (!equal) throw Mismatch(where + ": expected " + brief(expected) + ", got " + brief(notation_of(row)));
}

void expect_rows(const Json& step, const Answer& answer) {
  if (step.contains("rows")) {
    const Json& rows = step["rows"];
    for (size_t i = 0; i < std::min(rows.size(), answer.rows.size()); ++i) {
      expect_row("row " + std::to_string(i), rows[i], answer.rows[i]);
    }
    expect_equal("number of rows", rows.size(), answer.rows.size());
  }
  if (step.contains("row_count")) expect_equal("number of rows", step["row_count"], answer.rows.size());
  if (!step.contains("rows_at")) return;
  for (const auto& [position, row] : step["rows_at"].items()) {
    size_t index = std::stoul(position);
    if (index >= answer.rows.size()) throw Mismatch("no row " + position);
    expect_row("row " + position, row, answer.rows[index]);
  }
}

void expect(const Json& step, const Answer& answer) {
  if (step.contains("error")) return expect_failure(step["error"], answer.failure);
  if (answer.failure) throw Mismatch("failed: " + brief(notation_of(*answer.failure)));
  expect_rows(step, answer);
  if (step.contains("columns")) expect_equal("columns", step["columns"], Json(answer.columns));
  if (step.contains("done")) expect_equal("at the end", step["done"], answer.done);
  if (step.contains("changes")) expect_equal("changes", step["changes"], answer.changes);
  if (step.contains("last_rowid")) expect_equal("last rowid", cell_of(step["last_rowid"]).integer, answer.last_rowid);
  if (step.contains("total_changes"))
    expect_equal("total changes", step["total_changes"], answer.total_changes.value());
  if (step.contains("in_transaction"))
    expect_equal("in transaction", step["in_transaction"], answer.in_transaction.value());
}

void show(const Json& step, const Answer& answer) {
  Json json = Json::object();
  if (answer.failure) {
    json["error"] = notation_of(*answer.failure);
  } else {
    if (answer.has_rows) {
      json["columns"] = answer.columns;
      json["rows"] = Json::array();
      for (const auto& row : answer.rows) json["rows"].push_back(notation_of(row));
      json["done"] = answer.done;
    }
    if (answer.has_counts) {
      json["changes"] = answer.changes;
      json["last_rowid"] = answer.last_rowid;
    }
    if (answer.total_changes) json["total_changes"] = *answer.total_changes;
    if (answer.in_transaction) json["in_transaction"] = *answer.in_transaction;
  }
  std::printf("  %s\n    %s\n", brief(step).c_str(), json.dump().c_str());
}

class ScenarioRun {
 public:
  ScenarioRun(Driver& driver, bool shows) : driver_(driver), shows_(shows) {}

  void run(const Scenario& scenario) {
    int number = 0;
    for (const Json& step : scenario.steps) {
      ++number;
      for (const auto& [key, value] : step.items()) {
        if (!kStepKeys.contains(key)) throw Mismatch("step " + std::to_string(number) + " has an unknown key: " + key);
      }
      try {
        Answer answer = take(step);
        if (shows_) show(step, answer);
        expect(step, answer);
      } catch (const std::exception& error) {
        throw Mismatch("step " + std::to_string(number) + " " + brief(step) + ": " + error.what());
      }
    }
  }

 private:
  static std::string text(const Json& step, const char* key, const char* otherwise) {
    return step.contains(key) ? step[key].get<std::string>() : otherwise;
  }

  template <typename T>
  static T& at(std::map<std::string, T>& table, const std::string& name) {
    auto found = table.find(name);
    if (found == table.end()) throw Mismatch("nothing is named " + name);
    return found->second;
  }

  OpenRequest request(const Json& step) const {
    std::string path = text(step, "path", ":memory:");
    if (path != ":memory:") path = folder_.file(path);
    return {path, step.value("read_only", false), step.value("timeout_ms", 0)};
  }

  Session& session(const Json& step) { return *at(sessions_, text(step, "on", "db")); }

  Answer take(const Json& step) {
    std::string verb = step.at("do").get<std::string>();
    Answer answer;
    if (verb == "open") {
      answer.failure = driver_.open(request(step), &sessions_[text(step, "on", "db")]);
    } else if (verb == "sibling") {
      answer.failure = driver_.open_sibling(session(step), request(step), &sessions_[step.at("as").get<std::string>()]);
    } else if (verb == "close") {
      answer.failure = session(step).close();
    } else if (verb == "file") {
      write_file(step);
    } else if (verb == "script") {
      answer.failure = session(step).script(step.at("sql").get<std::string>());
    } else if (verb == "prepare") {
      prepare(step);
    } else if (verb == "query" || verb == "run") {
      answer = run_query(step);
    } else if (verb == "start") {
      answer.failure = start(step);
    } else if (verb == "next") {
      answer = fetch(*at(queries_, step.at("of").get<std::string>()), step.value("count", 1));
    } else if (verb == "end") {
      queries_.erase(step.at("of").get<std::string>());
    } else if (verb == "state") {
      answer.total_changes = session(step).total_changes();
      answer.in_transaction = session(step).in_transaction();
    } else {
      throw Mismatch("no such verb: " + verb);
    }
    return answer;
  }

  void write_file(const Json& step) const {
    std::string bytes =
        step.contains("hex") ? bytes_of_hex(step["hex"].get<std::string>()) : step.at("text").get<std::string>();
    std::ofstream stream(folder_.file(step.at("path").get<std::string>()), std::ios::binary);
    stream << bytes;
    if (!stream.flush()) throw std::runtime_error("the file cannot be written");
  }

  void prepare(const Json& step) {
    Prepared& prepared = prepared_[step.at("as").get<std::string>()];
    prepared.on = text(step, "on", "db");
    if (Outcome failure = at(sessions_, prepared.on)->prepare(step.at("sql").get<std::string>(), &prepared.query)) {
      throw Mismatch("failed: " + brief(notation_of(*failure)));
    }
  }

  // Binds what the step says; names come without their prefix.
  static Outcome bind(Query& query, const Json& step) {
    query.clear_bindings();
    if (!step.contains("params")) return {};
    const Json& params = step["params"];
    if (params.is_array()) {
      for (size_t i = 0; i < params.size(); ++i) {
        if (Outcome failure = query.bind(static_cast<int>(i) + 1, cell_of(params[i]))) return failure;
      }
      return {};
    }
    for (const auto& [name, value] : params.items()) {
      int number = 0;
      for (const char* prefix : {":", "@", "$"}) {
        if (number == 0) number = query.parameter_index(prefix + name);
      }
      if (number == 0) return Failure{Failure::kNotTold, "no parameter is named " + name, "parameter"};
      if (Outcome failure = query.bind(number, cell_of(value))) return failure;
    }
    return {};
  }

  static Answer fetch(Query& query, int64_t count) {
    Answer answer;
    answer.has_rows = true;
    answer.columns = query.column_names();
    while (count != 0 && !answer.done) {
      bool has_row = false;
      answer.failure = query.step(&has_row);
      if (answer.failure) break;
      answer.done = !has_row;
      if (has_row) answer.rows.push_back(query.row());
      --count;
    }
    return answer;
  }

  Answer run_query(const Json& step) {
    Answer answer;
    std::unique_ptr<Query> own;
    Query* query = nullptr;
    Session* session = nullptr;
    if (step.contains("of")) {
      Prepared& prepared = at(prepared_, step["of"].get<std::string>());
      query = prepared.query.get();
      session = at(sessions_, prepared.on).get();
    } else {
      session = &this->session(step);
      answer.failure = session->prepare(step.at("sql").get<std::string>(), &own);
      if (answer.failure) return answer;
      query = own.get();
    }
    answer.failure = bind(*query, step);
    if (answer.failure) return answer;
    answer = fetch(*query, -1);
    query->reset();
    answer.has_counts = true;
    answer.changes = session->changes();
    answer.last_rowid = session->last_rowid();
    return answer;
  }

  Outcome start(const Json& step) {
    std::unique_ptr<Query>& query = queries_[step.at("as").get<std::string>()];
    if (Outcome failure = session(step).prepare(step.at("sql").get<std::string>(), &query)) return failure;
    return bind(*query, step);
  }

  // A statement prepared once for several runs, and the session that it belongs to.
  struct Prepared {
    std::string on;
    std::unique_ptr<Query> query;
  };

  Driver& driver_;
  bool shows_;
  harness::TemporaryFolder folder_{"conformance"};
  // Queries end before their sessions: members are destroyed from the last to the first.
  std::map<std::string, std::unique_ptr<Session>> sessions_;
  std::map<std::string, Prepared> prepared_;
  std::map<std::string, std::unique_ptr<Query>> queries_;
};

bool is_for(const Scenario& scenario, const Driver& driver) {
  if (scenario.only.is_null()) return true;
  for (const Json& name : scenario.only) {
    if (name == driver.name() || name == driver.family()) return true;
  }
  return false;
}

}  // namespace

int run_main(Driver& driver, int argc, char** argv) {
  std::string folder;
  std::string only;
  bool shows = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--show") == 0) {
      shows = true;
    } else if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
      only = argv[++i];
    } else {
      folder = argv[i];
    }
  }
  int passed = 0;
  int failed = 0;
  try {
    for (const Scenario& scenario : load_scenarios(folder)) {
      std::string name = scenario.topic + ": " + scenario.name;
      if (!is_for(scenario, driver) || name.find(only) == std::string::npos) continue;
      if (shows) std::printf("%s\n", name.c_str());
      try {
        ScenarioRun(driver, shows).run(scenario);
        ++passed;
      } catch (const std::exception& error) {
        ++failed;
        std::printf("FAILED %s\n  %s\n", name.c_str(), error.what());
      }
    }
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    ++failed;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed != 0 || passed == 0 ? 1 : 0;
}

}  // namespace sqlrite::conformance

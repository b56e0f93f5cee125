// The data sets. Sizes and shapes are those of the published figures: t 100k rows with two indexes, big 1M x 7, nar 1M x 2,
// wide 200k x 10, join: customers, orders and two tables without an index on their common key.
#include <cstdlib>

#include "workload.h"

namespace sqlrite::bench {

Database::Database(const SqliteApi& engine, const std::string& file) : api(engine) {
  if (api.open_v2(file.c_str(), &handle, harness::kOpenReadWriteCreate | 0x8000, nullptr) != 0) {
    std::fprintf(stderr, "%s: cannot open %s\n", api.path.c_str(), file.c_str());
    std::exit(2);
  }
  api.busy_timeout(handle, 10000);
}
Database::~Database() { api.close(handle); }

void Database::exec(const std::string& sql) {
  if (api.exec(handle, sql.c_str(), nullptr, nullptr, nullptr) != 0) {
    std::fprintf(stderr, "%s: %s\n  in %s\n", api.path.c_str(), api.errmsg(handle), sql.c_str());
    std::exit(2);
  }
}

Statement::Statement(Database& database, const std::string& sql) : api(database.api), database_(database) {
  if (api.prepare_v2(database.handle, sql.c_str(), -1, &handle, nullptr) != 0) {
    std::fprintf(stderr, "%s: %s\n  in %s\n", api.path.c_str(), api.errmsg(database.handle), sql.c_str());
    std::exit(2);
  }
}
Statement::~Statement() { api.finalize(handle); }

int64_t Statement::drain(uint64_t* sum) {
  int64_t rows = 0;
  int columns = api.column_count(handle);
  int code;
  while ((code = api.step(handle)) == harness::kRow) {
    ++rows;
    for (int i = 0; i < columns; ++i) {
      uint64_t value;
      switch (api.column_type(handle, i)) {
        case 1: value = static_cast<uint64_t>(api.column_int64(handle, i)); break;
        case 2: value = static_cast<uint64_t>(static_cast<int64_t>(api.column_double(handle, i) * 1024)); break;
        case 5: value = 77; break;
        default: {
          const unsigned char* text = api.column_text(handle, i);
          int size = api.column_bytes(handle, i);
          value = static_cast<uint64_t>(size) * 1000003;
          if (size > 0) value += static_cast<uint64_t>(text[0]) * 31 + text[size - 1];
        }
      }
      *sum = *sum * 31 + value;
    }
  }
  if (code != harness::kDone) {
    std::fprintf(stderr, "%s: %s\n", api.path.c_str(), api.errmsg(database_.handle));
    std::exit(2);
  }
  api.reset(handle);
  return rows;
}

namespace {

std::string text_of(Random& random, int length) {
  std::string text(static_cast<size_t>(length), ' ');
  for (char& c : text) c = static_cast<char>('a' + random.below(26));
  return text;
}

void fill(Database& database, const std::string& insert, int64_t rows, void (*bind)(Statement&, Random&, int64_t)) {
  Random random(7);
  database.exec("BEGIN");
  {
    Statement statement(database, insert);
    for (int64_t row = 1; row <= rows; ++row) {
      bind(statement, random, row);
      uint64_t ignored = 0;
      statement.drain(&ignored);
    }
  }
  database.exec("COMMIT");
}

void bind_real(Statement& statement, int index, double value) {
  statement.api.bind_double(statement.handle, index, value);
}

}  // namespace

std::vector<std::string> data_sets() { return {"empty", "t", "big", "nar", "wide", "join"}; }

void make_data(const SqliteApi& engine, const std::string& data, const std::string& file) {
  Database database(engine, file);
  database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536");
  // bind_text keeps the caller's bytes, so texts live in statics while a row is written.
  static std::string first, second;
  if (data == "empty") {
    database.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, k INTEGER, u TEXT, v INTEGER, pad TEXT)");
  } else if (data == "t") {
    database.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, k INTEGER, u TEXT, v INTEGER, pad TEXT)");
    fill(database, "INSERT INTO t VALUES(?,?,?,?,?)", 100000, [](Statement& s, Random& r, int64_t row) {
      s.bind(1, row);
      s.bind(2, r.below(100000));
      first = "user-" + std::to_string((row * 7919) % 100003) + "-" + text_of(r, 12);
      second = text_of(r, 40);
      s.bind(3, first);
      s.bind(4, r.below(1000000));
      s.bind(5, second);
    });
    database.exec("CREATE INDEX t_k ON t(k); CREATE UNIQUE INDEX t_u ON t(u)");
  } else if (data == "big") {
    database.exec(
        "CREATE TABLE big(id INTEGER PRIMARY KEY, g10 INTEGER, g1k INTEGER, g100k INTEGER, v INTEGER, f REAL, s TEXT)");
    fill(database, "INSERT INTO big VALUES(?,?,?,?,?,?,?)", 1000000, [](Statement& s, Random& r, int64_t row) {
      s.bind(1, row);
      s.bind(2, r.below(10));
      s.bind(3, r.below(1000));
      s.bind(4, r.below(100000));
      s.bind(5, r.below(1000000));
      bind_real(s, 6, static_cast<double>(r.below(4000000)) / 4096.0);
      first = text_of(r, 20);
      s.bind(7, first);
    });
  } else if (data == "nar") {
    database.exec("CREATE TABLE nar(id INTEGER PRIMARY KEY, v INTEGER)");
    fill(database, "INSERT INTO nar VALUES(?,?)", 1000000, [](Statement& s, Random& r, int64_t row) {
      s.bind(1, row);
      s.bind(2, r.below(1000000));
    });
  } else if (data == "wide") {
    database.exec(
        "CREATE TABLE wide(c0 INTEGER PRIMARY KEY, c1 INTEGER, c2 TEXT, c3 REAL, c4 INTEGER, c5 TEXT, c6 INTEGER, c7 "
        "REAL, c8 INTEGER, c9 INTEGER)");
    fill(database, "INSERT INTO wide VALUES(?,?,?,?,?,?,?,?,?,?)", 200000, [](Statement& s, Random& r, int64_t row) {
      s.bind(1, row);
      for (int i : {2, 5, 7, 9, 10}) s.bind(i, r.below(1000000));
      first = text_of(r, 8);
      second = text_of(r, 8);
      s.bind(3, first);
      s.bind(6, second);
      bind_real(s, 4, static_cast<double>(r.below(100000)) / 64.0);
      bind_real(s, 8, static_cast<double>(r.below(100000)) / 64.0);
    });
  } else if (data == "join") {
    database.exec(
        "CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT, region INTEGER);"
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INTEGER, amount INTEGER);"
        "CREATE TABLE ja(id INTEGER PRIMARY KEY, k INTEGER, v INTEGER); CREATE TABLE jb(id INTEGER PRIMARY KEY, k "
        "INTEGER, w INTEGER)");
    fill(database, "INSERT INTO customers VALUES(?,?,?)", 10000, [](Statement& s, Random& r, int64_t row) {
      s.bind(1, row);
      first = text_of(r, 16);
      s.bind(2, first);
      s.bind(3, r.below(20));
    });
    fill(database, "INSERT INTO orders VALUES(?,?,?)", 100000, [](Statement& s, Random& r, int64_t row) {
      s.bind(1, row);
      s.bind(2, r.below(10000) + 1);
      s.bind(3, r.below(100000));
    });
    auto pair = [](Statement& s, Random& r, int64_t row) {
      s.bind(1, row);
      s.bind(2, r.below(100000));
      s.bind(3, r.below(1000));
    };
    fill(database, "INSERT INTO ja VALUES(?,?,?)", 100000, pair);
    fill(database, "INSERT INTO jb VALUES(?,?,?)", 100000, pair);
    database.exec("CREATE INDEX orders_customer ON orders(customer_id)");
  }
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace sqlrite::bench

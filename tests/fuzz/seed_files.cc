#include "fuzz/seed_files.h"

#include <cstdio>
#include <memory>

#include "api/border.h"
#include "base/endian.h"
#include "os/fault/fault_vfs.h"

namespace sqlrite::fuzz {

namespace {

constexpr const char* kPath = "/seed.db";

// What lies beside the database.
enum class Leaves : uint8_t { Nothing, Wal, HotJournal };

constexpr const char* kNumbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<";

std::string numbers(int count, const std::string& rest) { return kNumbers + std::to_string(count) + ") " + rest + ";"; }

std::string plain() {
  return "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT, c REAL); CREATE INDEX t_a ON t(a, c DESC); CREATE UNIQUE "
         "INDEX t_b ON t(b);" +
         numbers(260, "INSERT INTO t SELECT i*3, i%17, 'name'||i, i*0.25 FROM n") +
         "CREATE VIEW v AS SELECT a, count(*) AS n FROM t GROUP BY a; CREATE TABLE s(x INTEGER PRIMARY KEY "
         "AUTOINCREMENT, y NOT NULL DEFAULT 7);"
         "INSERT INTO s(y) VALUES(1),('two'),(x'0003'),(4.5); ANALYZE;";
}

std::string without_rowid() {
  return "CREATE TABLE t(a TEXT COLLATE NOCASE, b INT, c BLOB, PRIMARY KEY(b DESC, a)) WITHOUT ROWID; CREATE INDEX t_c "
         "ON t(c, a);"
         "CREATE TABLE u(a, b, UNIQUE(a, b)); CREATE INDEX u_e ON u(a+b, length(b)) WHERE a IS NOT NULL;" +
         numbers(220, "INSERT INTO t SELECT 'K'||(i%50), i, CAST(i*i AS BLOB) FROM n") +
         numbers(120, "INSERT INTO u SELECT nullif(i%9,0), 'v'||i FROM n");
}

std::string overflow(const std::string& table) {
  return "CREATE TABLE " + table + "(id INTEGER PRIMARY KEY, big BLOB, txt TEXT); CREATE INDEX " + table + "_txt ON " +
         table + "(txt);" +
         numbers(14,
                 "INSERT INTO " + table + " SELECT i, zeroblob(i*i*40), replace(hex(zeroblob(i*90)),'0','xy') FROM n") +
         "CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;" +
         numbers(12, "INSERT INTO w SELECT replace(hex(zeroblob(i*70)),'00',char(64+i)), i FROM n");
}

std::string free_pages() {
  return plain() + overflow("o") + "DELETE FROM o WHERE id>4; DELETE FROM t WHERE id%5<3; DROP TABLE w;";
}

std::string many_tables() {
  std::string sql;
  for (int i = 0; i < 30; ++i) {
    std::string n = std::to_string(i);
    sql += "CREATE TABLE t" + n + "(a, b UNIQUE, c DEFAULT 3); INSERT INTO t" + n + "(a, b) VALUES(" + n + ",'x" + n +
           "');";
  }
  return sql;
}

Status run(os::Vfs& vfs, const std::string& sql, std::unique_ptr<engine::Connection>* connection) {
  if (*connection == nullptr) {
    SQLRITE_TRY(engine::Connection::open(kPath, engine::open_flags::kReadWrite | engine::open_flags::kCreate, &vfs,
                                         connection));
  }
  return (*connection)->exec(sql);
}

Status make(const std::string& name, int page_size_bytes, const std::string& pragmas, const std::string& sql,
            Leaves leaves, FileImage* image) {
  os::FaultVfs vfs;
  vfs.set_recording(false);
  std::unique_ptr<engine::Connection> connection;
  const char* mode = leaves == Leaves::Wal ? "WAL" : "DELETE";
  SQLRITE_TRY(run(vfs,
                  "PRAGMA page_size=" + std::to_string(page_size_bytes) + "; PRAGMA journal_mode=" + mode + ";" +
                      pragmas + ";" + sql,
                  &connection));
  image->name = name;
  if (leaves == Leaves::Wal) {
    SQLRITE_TRY(run(vfs,
                    "PRAGMA wal_checkpoint; PRAGMA wal_autocheckpoint=0; UPDATE t SET id=id+10000 WHERE id%4=0; INSERT "
                    "INTO t(id) VALUES(5000001); DELETE FROM t WHERE id%6=0",
                    &connection));
    image->wal = vfs.content(std::string(kPath) + "-wal");
  }
  image->database = vfs.content(kPath);
  if (leaves == Leaves::HotJournal) {
    // The files as they are just before the last commit removes its journal.
    connection.reset();
    os::CrashImager imager;
    os::FaultVfs recording;
    SQLRITE_TRY(run(
        recording,
        "PRAGMA page_size=" + std::to_string(page_size_bytes) + "; PRAGMA journal_mode=DELETE;" + pragmas + ";" + sql,
        &connection));
    SQLRITE_TRY(run(recording, "UPDATE t SET id=id+10000 WHERE id%4=0", &connection));
    const auto& effects = recording.effects();
    size_t last = effects.size();
    for (size_t i = 0; i < effects.size(); ++i) {
      if (effects[i].kind == os::Effect::Kind::Remove) last = i;
    }
    for (size_t i = 0; i < last; ++i) imager.advance(effects[i]);
    os::CrashImager::Image files =
        imager.build(std::vector<bool>(imager.pending().size(), true), imager.pending().size(), 0);
    image->database = files[kPath];
    image->journal = files[std::string(kPath) + "-journal"];
    if (image->journal.empty()) return Status(Code::Internal, "no journal was left");
  }
  image->page_size_bytes = static_cast<uint32_t>(page_size_bytes);
  return {};
}

}  // namespace

std::vector<FileImage> make_seed_files() {
  struct Wanted {
    const char* name;
    int page_size_bytes;
    const char* pragmas;
    std::string sql;
    Leaves leaves;
  };
  const Wanted wanted[] = {
      {"plain-512", 512, "", plain(), Leaves::Nothing},
      {"plain-4096", 4096, "", plain(), Leaves::Nothing},
      {"plain-utf16le", 1024, "PRAGMA encoding='UTF-16le'", plain(), Leaves::Nothing},
      {"plain-utf16be", 512, "PRAGMA encoding='UTF-16be'", plain(), Leaves::Nothing},
      {"plain-65536", 65536, "", plain(), Leaves::Nothing},
      {"without_rowid-512", 512, "", without_rowid(), Leaves::Nothing},
      {"without_rowid-2048", 2048, "", without_rowid(), Leaves::Nothing},
      {"overflow-512", 512, "", overflow("t"), Leaves::Nothing},
      {"overflow-1024-full", 1024, "PRAGMA auto_vacuum=FULL", overflow("t"), Leaves::Nothing},
      {"free_pages-512", 512, "", free_pages(), Leaves::Nothing},
      {"free_pages-512-incremental", 512, "PRAGMA auto_vacuum=INCREMENTAL", free_pages(), Leaves::Nothing},
      {"free_pages-1024-full", 1024, "PRAGMA auto_vacuum=FULL", free_pages(), Leaves::Nothing},
      {"many_tables-512", 512, "", many_tables(), Leaves::Nothing},
      {"wal-512", 512, "", plain(), Leaves::Wal},
      {"wal-4096", 4096, "", overflow("t"), Leaves::Wal},
      {"wal-1024-full", 1024, "PRAGMA auto_vacuum=FULL", plain(), Leaves::Wal},
      {"journal-512", 512, "", plain(), Leaves::HotJournal},
      {"journal-1024-incremental", 1024, "PRAGMA auto_vacuum=INCREMENTAL", overflow("t"), Leaves::HotJournal},
  };
  std::vector<FileImage> images;
  for (const Wanted& w : wanted) {
    FileImage image;
    Status status = make(w.name, w.page_size_bytes, w.pragmas, w.sql, w.leaves, &image);
    if (!status.ok()) {
      std::fprintf(stderr, "seed file %s: %s\n", w.name, std::string(status.message()).c_str());
      return {};
    }
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace sqlrite::fuzz

// .backup, .save and .restore: whole databases copied page by page.
#include "shell.h"

namespace sqlrite::shell {

namespace {

bool copy(Connection& source, const std::string& source_name, Connection& target, const std::string& target_name) {
  Status failure;
  Result<Backup> started = source.backup_to(target, target_name, source_name);
  if (started.ok()) {
    Backup backup = started.take();
    // Locked pages are tried again for a while, as a writer holds them for moments only.
    for (int attempt = 0; attempt < 300; ++attempt) {
      Result<bool> step = backup.step(-1);
      if (step.ok() && step.value()) return true;
      if (step.ok()) continue;
      failure = step.take_status();
      if (failure.primary() != Code::Busy && failure.primary() != Code::Locked) break;
    }
  } else {
    failure = started.take_status();
  }
  std::fprintf(stderr, "Error: %s\n", std::string(failure.message()).c_str());
  return false;
}

}  // namespace

bool Shell::backup(const std::string& schema, const std::string& target_path) {
  if (!database()) return false;
  Result<Connection> target = Connection::open(target_path);
  if (!target.ok()) {
    std::fprintf(stderr, "Error: cannot open \"%s\"\n", target_path.c_str());
    return false;
  }
  return copy(*connection_, schema, target.value(), "main");
}

bool Shell::restore(const std::string& schema, const std::string& source_path) {
  if (!database()) return false;
  Result<Connection> source = Connection::open(source_path, OpenMode::ReadOnly);
  if (!source.ok()) {
    std::fprintf(stderr, "Error: cannot open \"%s\"\n", source_path.c_str());
    return false;
  }
  return copy(source.value(), "main", *connection_, schema);
}

}  // namespace sqlrite::shell

// Through sqlrite.h of C++.
#include <cstring>
#include <optional>

#include "session.h"
#include "sqlrite/sqlrite.h"

namespace sqlrite::test {

namespace {

void twice(FunctionCall& call) noexcept {
  char both[200];
  std::string_view text = call.argument_bytes(0);
  int size = std::snprintf(both, sizeof both, "%.*s%.*s", static_cast<int>(text.size()), text.data(),
                           static_cast<int>(text.size()), text.data());
  call.set_text({both, static_cast<size_t>(size) < sizeof both ? static_cast<size_t>(size) : sizeof both - 1});
}

struct Joined {
  size_t size;
  char text[4000];
};

void joined_step(FunctionCall& call, void* state) noexcept {
  auto* joined = static_cast<Joined*>(state);
  std::string_view text = call.argument_bytes(0);
  if (joined->size + text.size() + 1 > sizeof joined->text) return;
  joined->text[joined->size++] = ',';
  std::memcpy(joined->text + joined->size, text.data(), text.size());
  joined->size += text.size();
}

void joined_final(FunctionCall& call, void* state) noexcept {
  auto* joined = static_cast<Joined*>(state);
  call.set_text({joined->text, joined->size});
}

int backwards(void*, std::string_view a, std::string_view b) noexcept { return b.compare(a); }

class CppSession final : public Session {
 public:
  CppSession() { path_.reserve(500); }
  Reply open(const char* path) override {
    path_ = path;
    auto opened = Connection::open(path_);
    if (!opened.ok()) return failed(opened.status());
    connection_.emplace(opened.take());
    return {};
  }
  bool is_autocommit() override { return connection_->is_autocommit(); }
  void close() override { connection_.reset(); }

  Reply run(std::string_view text) override {
    if (text == ".functions") return failed(add_functions());
    if (text == ".backup") return failed(copy_to_memory());
    if (text == ".blob") return failed(change_blob());
    if (text == ".image") return failed(reopen_image());
    if (text == ".bind") return failed(bind_all());
    if (text == ".columns") return {};
    Digest digest;
    while (!text.empty()) {
      size_t tail = 0;
      auto prepared = connection_->prepare(text, &tail);
      if (!prepared.ok()) return failed(prepared.status());
      text.remove_prefix(tail);
      Statement statement = prepared.take();
      if (!statement) continue;
      Status status = fetch_all(statement, digest);
      if (!status.ok()) return failed(status);
    }
    Reply reply;
    reply.rows = digest.value();
    return reply;
  }

 private:
  static Reply failed(const Status& status) {
    return status.ok() ? Reply() : failure(static_cast<int>(status.primary()), status.message());
  }

  static Status fetch_all(Statement& statement, Digest& digest) {
    for (;;) {
      SQLRITE_TRY_ASSIGN(const Batch* batch, statement.next_batch());
      if (batch->selected_count == 0) return {};
      for (uint32_t i = 0; i < batch->selected_count; ++i) {
        for (uint32_t c = 0; c < batch->column_count; ++c) {
          SQLRITE_TRY_ASSIGN(Value value, statement.complete(batch->columns[c].at(batch->live_row(i))));
          digest.add_byte(static_cast<uint8_t>(value.type));
          if (value.is_bytes()) {
            digest.add(value.view());
          } else if (!value.is_null()) {
            digest.add({reinterpret_cast<const char*>(&value.integer), 8});
          }
        }
      }
    }
  }

  Status add_functions() {
    ScalarFunction scalar;
    scalar.call = &twice;
    SQLRITE_TRY(connection_->create_function("twice", 1, scalar, {.deterministic = true}));
    AggregateFunction aggregate;
    aggregate.state_size_bytes = sizeof(Joined);
    aggregate.step = &joined_step;
    aggregate.finalize = &joined_final;
    SQLRITE_TRY(connection_->create_function("joined", 1, aggregate));
    CollationFunction collation;
    collation.compare = &backwards;
    return connection_->create_collation("backwards", collation);
  }

  Status copy_to_memory() {
    SQLRITE_TRY_ASSIGN(Connection copy, Connection::open(memory_));
    SQLRITE_TRY_ASSIGN(Backup backup, connection_->backup_to(copy));
    for (;;) {
      SQLRITE_TRY_ASSIGN(bool done, backup.step(2));
      if (done) return {};
    }
  }

  Status change_blob() {
    SQLRITE_TRY_ASSIGN(Blob blob, connection_->open_blob("main", "t1", "b", 3, true));
    char bytes[8];
    SQLRITE_TRY(blob.read(2, bytes, 4));
    SQLRITE_TRY(blob.write(3, "<>"));
    SQLRITE_TRY(blob.reopen(4));
    return blob.close();  // commits
  }

  Status reopen_image() {
    SQLRITE_TRY_ASSIGN(std::string image, connection_->serialize());
    SQLRITE_TRY_ASSIGN(Connection copy, Connection::open(memory_));
    SQLRITE_TRY(copy.deserialize(image));
    return copy.exec("SELECT count(*) FROM sqlite_schema");
  }

  Status bind_all() {
    SQLRITE_TRY_ASSIGN(Statement query, connection_->prepare("SELECT a, ?1, :text, $third || ?4 FROM t1 LIMIT 2"));
    for (int i = 0; i < 3; ++i) {
      SQLRITE_TRY(query.bind(1, 900 + i));
      SQLRITE_TRY(i == 1 ? query.bind_zeroblob(2, 300)
                         : query.bind(2, "a text that is longer than what a string keeps in itself"));
      SQLRITE_TRY(query.bind(3, "short"));
      SQLRITE_TRY(query.bind(4, 0.5 * i));
      SQLRITE_TRY(query.run());
    }
    return {};
  }

  std::string path_;
  const std::string memory_ = ":memory:";
  std::optional<Connection> connection_;
};

}  // namespace

std::unique_ptr<Session> make_cpp_session() { return std::make_unique<CppSession>(); }

}  // namespace sqlrite::test

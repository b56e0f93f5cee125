// The add-on's state in one JavaScript environment (the main thread, a worker): the frame, constructors taken from
// JavaScript, and the tables of open databases, statements and backups.
//
// Lifetimes. A Session, a PreparedStatement and a Copy each belong to one JavaScript object, are known by their number
// in a table and end in one of three ways, in any order:
//
//   close() of the database ........ what is inside is released; the object stays, its number answers "not open"
//   the garbage collector .......... release_object(), later while a call of it is running (see Guard). Node.js runs
//                                    finalizers in a turn of the event loop only; a program that prepares without end
//                                    in one turn is why track() looks for dead owners now and then
//   the end of the environment ..... Addon::close_all(), before any finalizer
//
// Thread safety: everything belongs to the thread of its environment.
#pragma once

#include <napi.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "frame.h"
#include "sqlrite/sqlrite.h"

namespace sqlrite::node {

class Addon;
struct PreparedStatement;
struct Copy;

// Objects by number; numbers of objects that are gone are given again.
template <typename Object>
class Table {
 public:
  uint32_t add(Object* object) {
    if (free_.empty()) {
      objects_.push_back(object);
      return static_cast<uint32_t>(objects_.size() - 1);
    }
    uint32_t number = free_.back();
    free_.pop_back();
    objects_[number] = object;
    return number;
  }
  void remove(uint32_t number) {
    objects_[number] = nullptr;
    free_.push_back(number);
  }
  Object* get(uint32_t number) const { return number < objects_.size() ? objects_[number] : nullptr; }
  // Closes what belongs to nobody any more, once about as many objects came as there were after the last time.
  void sweep(napi_env env) {
    if (++added_since_sweep_ < std::max<size_t>(kSweepAfterMin, live_at_sweep_)) return;
    added_since_sweep_ = 0;
    live_at_sweep_ = 0;
    for (uint32_t number = 0; number < objects_.size(); ++number) {
      Object* object = objects_[number];
      if (object == nullptr) continue;
      if (object->calls == 0 && object->owner_is_gone(env)) {
        object->close();
        object->is_listed = false;
        remove(number);
      } else {
        ++live_at_sweep_;
      }
    }
  }
  const std::vector<Object*>& all() const { return objects_; }

 private:
  static constexpr size_t kSweepAfterMin = 256;
  std::vector<Object*> objects_;
  std::vector<uint32_t> free_;
  size_t added_since_sweep_ = 0;
  size_t live_at_sweep_ = 0;
};

// What an object of a table has in common with the others.
struct Tracked {
  std::shared_ptr<Addon> addon;
  uint32_t number = 0;
  bool is_listed = true;     // in its table; not after a sweep found it dead
  uint32_t calls = 0;        // running calls that use it
  bool collected = false;    // its JavaScript object is gone
  napi_ref owner = nullptr;  // weak, to that object

  bool owner_is_gone(napi_env env) const {
    Napi::HandleScope scope(env);
    napi_value value = nullptr;
    return napi_get_reference_value(env, owner, &value) == napi_ok && value == nullptr;
  }
};

// A database connection.
struct Session : Tracked {
  std::optional<Connection> connection;  // none: closed
  std::unordered_set<PreparedStatement*> statements;
  std::unordered_set<Copy*> copies;
  // What functions of the application threw, by the message that their statements fail with; the newest last. Some
  // never surface: a LIMIT may cut the failing row off.
  struct Thrown {
    std::string message;
    Napi::Reference<Napi::Value> holder;  // { value }: exceptions may be of any type
  };
  static constexpr size_t kThrownMax = 8;
  std::vector<Thrown> thrown;
  uint64_t thrown_count = 0;

  ~Session();
  void close();
};

struct PreparedStatement : Tracked {
  // About what a small statement takes in the engine; told to the garbage collector, which sees a small object only.
  static constexpr int64_t kSizeBytes = 16 * 1024;

  Session* session = nullptr;  // null: closed
  Statement statement;

  ~PreparedStatement();
  void close();
};

// A backup on its way.
struct Copy : Tracked {
  Session* session = nullptr;  // null: closed
  std::optional<Connection> target;
  std::optional<Backup> backup;
  std::string unlink_path;  // a file made for this backup and not complete yet

  ~Copy();
  void close();
};

class Addon {
 public:
  explicit Addon(Napi::Env environment) : env(environment) {}
  void close_all();

  Napi::Env env;
  frame::Frame* frame = nullptr;
  Napi::Reference<Napi::ArrayBuffer> frame_buffer;
  Napi::FunctionReference error_constructor;  // SqliteError(message, code)
  Napi::FunctionReference collect;            // (...values) => values
  Table<Session> sessions;
  Table<PreparedStatement> statements;
  Table<Copy> copies;
  std::vector<napi_value> heap;  // texts and blobs of the rows being handed out
  std::vector<char> text;        // for parameters on their way in
  std::shared_ptr<Addon> self;   // until the environment ends
};

// Keeps an object over a call in which JavaScript may run, and with it the garbage collector.
template <typename Object>
class Guard {
 public:
  explicit Guard(Object* object) : object_(object) { ++object_->calls; }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    if (--object_->calls == 0 && object_->collected) delete object_;
  }

 private:
  Object* object_;
};

// Finalizer of the JavaScript object that owns `data`.
template <typename Object>
void release_object(napi_env env, void* data, void*) {
  auto* object = static_cast<Object*>(data);
  object->collected = true;
  napi_delete_reference(env, object->owner);
  if (object->calls == 0) delete object;
}

// Ties `object` to `owner` and gives it a number.
template <typename Object>
void track(Napi::Env env, Napi::Object owner, Object* object, Table<Object>& table) {
  table.sweep(env);
  object->number = table.add(object);
  napi_wrap(env, owner, object, &release_object<Object>, nullptr, &object->owner);
}

// Throws what a function of the application threw, else a SqliteError with this status' message and code.
void throw_status(Addon& addon, Session* session, const Status& status);
// "SQLITE_CONSTRAINT_UNIQUE"
std::string code_name_of(Code code);

// The parts of the add-on add their functions to `exports`.
void export_database(Napi::Env env, Addon* addon, Napi::Object exports);
void export_statement(Napi::Env env, Addon* addon, Napi::Object exports);
void export_functions(Napi::Env env, Addon* addon, Napi::Object exports);
void export_backup(Napi::Env env, Addon* addon, Napi::Object exports);

// The open session or statement of that number; throws a TypeError and gives null when there is none.
Session* session_of(Napi::Env env, Addon& addon, Napi::Value number);
PreparedStatement* statement_of(Napi::Env env, Addon& addon, Napi::Value number);

}  // namespace sqlrite::node

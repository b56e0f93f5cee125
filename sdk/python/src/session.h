// Session: what a Python connection shares with its statements and blobs, and how calls into the engine are made.
//
// Thread safety: a Session is looked at and changed with the GIL held. Engine calls that may take long give the GIL
// away (EngineCall). By default a connection belongs to one thread, which the Python layer checks, so nothing else is
// needed. With check_same_thread=False several threads may come: `shared` is set and every call also takes `mutex`,
// never waiting for it with the GIL held. Garbage collection may drop statements on any thread while a call is under
// way: they wait in `orphans` until it is over.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "sqlrite/sqlrite.h"

namespace sqlrite_python {

struct Session {
  std::optional<sqlrite::Connection> db;  // empty once closed
  std::recursive_mutex mutex;
  bool shared = false;
  int busy = 0;   // engine calls under way or waiting
  int depth = 0;  // engine calls of the thread that is in; more than one: inside a callback
  std::vector<sqlrite::Statement> orphans;

  void retain() { ++references_; }
  void release() {
    if (--references_ == 0) delete this;
  }
  // Ends a statement now, or when the last call under way is over.
  void drop(sqlrite::Statement&& statement) {
    if (!statement) return;
    if (busy > 0) {
      orphans.push_back(std::move(statement));
    } else {
      sqlrite::Statement ended = std::move(statement);
    }
  }
  void drop_orphans() {
    std::vector<sqlrite::Statement> ended = std::move(orphans);
    orphans.clear();
  }

 private:
  int references_ = 1;
};

// Gives the GIL away while the engine works.
class EngineCall {
 public:
  explicit EngineCall(Session& session) : session_(session) {
    ++session.busy;
    thread_ = PyEval_SaveThread();
    if (session.shared) session.mutex.lock();
    ++session.depth;
  }
  EngineCall(const EngineCall&) = delete;
  EngineCall& operator=(const EngineCall&) = delete;
  ~EngineCall() {
    --session_.depth;
    if (session_.shared) session_.mutex.unlock();
    PyEval_RestoreThread(thread_);
    if (--session_.busy == 0 && !session_.orphans.empty()) [[unlikely]]
      session_.drop_orphans();
  }

 private:
  Session& session_;
  PyThreadState* thread_;
};

// For short calls and sequences of them: the GIL stays, other threads of a shared connection wait.
class QuickCall {
 public:
  explicit QuickCall(Session& session) : mutex_(session.shared ? &session.mutex : nullptr) {
    if (mutex_ == nullptr || mutex_->try_lock()) [[likely]]
      return;
    PyThreadState* thread = PyEval_SaveThread();
    mutex_->lock();
    PyEval_RestoreThread(thread);
  }
  QuickCall(const QuickCall&) = delete;
  QuickCall& operator=(const QuickCall&) = delete;
  ~QuickCall() {
    if (mutex_ != nullptr) mutex_->unlock();
  }

 private:
  std::recursive_mutex* mutex_;
};

// In callbacks of the engine: takes the GIL, keeps an error that is already set.
class Callback {
 public:
  Callback() : state_(PyGILState_Ensure()) {}
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

}  // namespace sqlrite_python

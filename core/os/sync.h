// Threads and locks of the engine. Today these are the standard types; they are named here so that a simulated
// scheduler can take their place.
#pragma once

#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>

namespace sqlrite::os {

using Mutex = std::mutex;
using RecursiveMutex = std::recursive_mutex;
using SharedMutex = std::shared_mutex;
using ConditionVariable = std::condition_variable;
using Thread = std::thread;
template <typename T>
using LockGuard = std::lock_guard<T>;
template <typename T>
using UniqueLock = std::unique_lock<T>;

}  // namespace sqlrite::os

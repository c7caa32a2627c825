// base/thread_name.hpp — a thread says what it is: `top -H` and profiles tell who works.
#pragma once

#include <pthread.h>

namespace purser {

/// Names the calling thread; the system keeps 15 characters.
inline void name_this_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace purser

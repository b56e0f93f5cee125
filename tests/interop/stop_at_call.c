// Loaded before the C library: ends the process in front of its STOP_AT-th call that removes or cuts a file, as a crash
// would. Such calls end journals, and so are the moments at which a commit over several files must not fall apart.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static void count_call(void) {
  static int calls = 0;
  const char* limit = getenv("STOP_AT");
  if (limit != NULL && ++calls == atoi(limit)) _exit(77);
}

int unlink(const char* path) {
  count_call();
  return ((int (*)(const char*))dlsym(RTLD_NEXT, "unlink"))(path);
}

int ftruncate(int file, off_t size) {
  count_call();
  return ((int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate"))(file, size);
}

int ftruncate64(int file, off64_t size) {
  count_call();
  return ((int (*)(int, off64_t))dlsym(RTLD_NEXT, "ftruncate64"))(file, size);
}

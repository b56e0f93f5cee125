// sqlrite_bench: our library and stock SQLite builds on the same workloads, in one process, in alternation.
//
//   sqlrite_bench --ours LIB --stock LIB [--stock LIB2 ...] [--only W1,G2] [--repetitions 7] [--dir D] [--out FILE.json]
//
// Every engine reads a byte-identical copy of each data set (made once by the first stock library). Reported are medians
// of CPU time per operation (wall time where the workload waits for the disk) and the ratio to the better stock build.
// Answers are check-summed: a difference is a failure, and no ratio is given.
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "workload.h"

using namespace sqlrite::bench;

namespace {

double clock_ns(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void remove_database(const std::string& file) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) unlink((file + suffix).c_str());
}

// Page by page, so that the copy's cache pages are small ones, as those of a file that grew.
void copy_file(const std::string& from, const std::string& to) {
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary);
  char page[4096];
  while (in.read(page, sizeof page) || in.gcount() > 0) out.write(page, in.gcount());
}

bool file_exists(const std::string& file) { return access(file.c_str(), R_OK) == 0; }

struct Sample {
  std::vector<double> ns;
  uint64_t checksum = 0;
  double median() const {
    std::vector<double> sorted = ns;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

struct Options {
  std::string ours;
  std::vector<std::string> stock;
  std::vector<std::string> only;
  int repetitions = 7;
  std::string dir = "/tmp/sqlrite_bench";
  std::string out;
};

bool selected(const Options& options, const std::string& name) {
  if (options.only.empty()) return true;
  std::string key = name.substr(0, name.find(' '));
  return std::find(options.only.begin(), options.only.end(), key) != options.only.end();
}

double measure(const SqliteApi& engine, const Workload& workload, const std::string& file, int repetition,
               uint64_t* checksum) {
  Database database(engine, file);
  database.exec(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536");
  if (!workload.settings.empty()) database.exec(workload.settings);
  auto work = [&] {
    Outcome outcome;
    if (workload.run != nullptr) return workload.run(database, repetition);
    Statement statement(database, workload.sql);
    statement.drain(&outcome.checksum);
    outcome.operations = workload.rows;
    return outcome;
  };
  if (!workload.writes) work();  // fills the cache, as a long-lived connection has it
  double cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  double wall = clock_ns(CLOCK_MONOTONIC);
  Outcome outcome = work();
  cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  wall = clock_ns(CLOCK_MONOTONIC) - wall;
  if (workload.writes && workload.run == nullptr) {
    Statement check(database, "SELECT count(*) FROM " + workload.data);
    check.drain(&outcome.checksum);
  }
  *checksum = outcome.checksum;
  return (outcome.wall_time ? wall : cpu) / static_cast<double>(outcome.operations);
}

std::string commit_of_tree() {
  std::string commit = "unknown";
  if (FILE* pipe = popen("git rev-parse --short HEAD 2>/dev/null", "r")) {
    char line[64];
    if (std::fgets(line, sizeof line, pipe) != nullptr) commit = std::string(line, std::strcspn(line, "\n"));
    pclose(pipe);
  }
  return commit;
}

std::string machine() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  utsname name;
  uname(&name);
  return name.machine;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string option = argv[i];
    std::string value = i + 1 < argc ? argv[++i] : "";
    if (option == "--ours")
      options.ours = value;
    else if (option == "--stock")
      options.stock.push_back(value);
    else if (option == "--repetitions")
      options.repetitions = std::max(1, std::atoi(value.c_str()));
    else if (option == "--dir")
      options.dir = value;
    else if (option == "--out")
      options.out = value;
    else if (option == "--only") {
      for (size_t at = 0; at <= value.size();) {
        size_t comma = std::min(value.find(',', at), value.size());
        options.only.push_back(value.substr(at, comma - at));
        at = comma + 1;
      }
    } else {
      std::fprintf(stderr, "sqlrite_bench: unknown option %s\n", option.c_str());
      return 2;
    }
  }
  if (options.ours.empty() || options.stock.empty()) {
    std::fprintf(stderr,
                 "usage: sqlrite_bench --ours LIB --stock LIB [--stock LIB2] [--only W1,G2] [--repetitions N] [--dir "
                 "D] [--out F]\n");
    return 2;
  }
  std::vector<SqliteApi> engines(1 + options.stock.size());
  if (!engines[0].load(options.ours)) return 2;
  for (size_t i = 0; i < options.stock.size(); ++i) {
    if (!engines[i + 1].load(options.stock[i])) return 2;
  }
  std::string make_dir = "mkdir -p '" + options.dir + "'";
  if (std::system(make_dir.c_str()) != 0) return 2;

  std::ofstream json;
  if (!options.out.empty()) {
    json.open(options.out);
    json << "{\"workload_version\": " << kWorkloadVersion << ", \"commit\": \"" << commit_of_tree()
         << "\", \"machine\": \"" << machine() << "\", \"stock\": \"" << engines[1].libversion()
         << "\", \"repetitions\": " << options.repetitions << ", \"results\": [";
  }
  std::printf("%-42s %10s %10s %7s\n", "workload (ns per operation)", "ours", "stock", "ratio");
  int passed = 0, failed = 0;
  for (const Workload& workload : all_workloads()) {
    if (!selected(options, workload.name)) continue;
    std::string master = options.dir + "/v" + std::to_string(kWorkloadVersion) + "_" + workload.data + ".db";
    if (!file_exists(master)) {
      remove_database(master + ".tmp");
      make_data(engines[1], workload.data, master + ".tmp");
      std::rename((master + ".tmp").c_str(), master.c_str());
    }
    std::vector<Sample> samples(engines.size());
    for (int repetition = 0; repetition < options.repetitions; ++repetition) {
      for (size_t e = 0; e < engines.size(); ++e) {
        std::string file = options.dir + "/run_" + workload.data + "_" + std::to_string(e) + ".db";
        if (workload.writes || repetition == 0) {
          remove_database(file);
          copy_file(master, file);
        }
        uint64_t checksum = 0;
        double ns = measure(engines[e], workload, file, repetition, &checksum);
        samples[e].ns.push_back(ns);
        samples[e].checksum = samples[e].checksum * 31 + checksum;
      }
    }
    double stock = samples[1].median();
    bool equal = true;
    for (size_t e = 1; e < samples.size(); ++e) {
      stock = std::min(stock, samples[e].median());
      equal = equal && samples[e].checksum == samples[0].checksum;
    }
    double ours = samples[0].median();
    if (equal) {
      ++passed;
      std::printf("%-42s %10.1f %10.1f %6.2fx\n", workload.name.c_str(), ours, stock, stock / ours);
    } else {
      ++failed;
      std::printf("%-42s %10.1f %10.1f  ANSWER DIFFERS\n", workload.name.c_str(), ours, stock);
    }
    std::fflush(stdout);
    if (json.is_open()) {
      json << (passed + failed > 1 ? "," : "") << "\n  {\"name\": \"" << workload.name << "\", \"ours_ns\": " << ours
           << ", \"stock_ns\": " << stock << ", \"equal\": " << (equal ? "true" : "false") << "}";
    }
  }
  if (json.is_open()) json << "\n]}\n";
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

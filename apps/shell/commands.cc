// The dot commands: a table of names and what each does.
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "shell.h"
#include "text.h"

namespace sqlrite::shell {

using Words = std::vector<std::string>;
using Next = Shell::Next;

namespace {

bool to_bool(const std::string& word) {
  if (!word.empty() && std::isdigit(static_cast<unsigned char>(word[0])))
    return std::strtol(word.c_str(), nullptr, 0) != 0;
  if (equals_ignoring_case(word, "on") || equals_ignoring_case(word, "yes")) return true;
  if (equals_ignoring_case(word, "off") || equals_ignoring_case(word, "no")) return false;
  std::fprintf(stderr, "ERROR: Not a boolean value: \"%s\". Assuming \"no\".\n", word.c_str());
  return false;
}

Next usage(const char* text) {
  std::fprintf(stderr, "Usage: %s\n", text);
  return Next::Failed;
}

}  // namespace

struct Commands {
  using Handler = Next (*)(Shell& shell, const Words& words);
  struct Entry {
    const char* name;
    size_t shortest;  // characters that must be given
    Handler handler;
    const char* usage;
    const char* summary;
  };
  static const Entry entries[];
  static const size_t entry_count;

  static Next done(bool good) { return good ? Next::Continue : Next::Failed; }

  static Next toggle(bool& setting, const Words& words, const char* usage_text) {
    if (words.size() != 2) return usage(usage_text);
    setting = to_bool(words[1]);
    return Next::Continue;
  }

  static Next backup(Shell& shell, const Words& words) {
    std::string schema = "main";
    std::string file;
    for (size_t i = 1; i < words.size(); ++i) {
      if (words[i].size() > 1 && words[i][0] == '-') {
        std::fprintf(stderr, "unknown option: %s\n", words[i].c_str());
        return Next::Failed;
      }
      if (file.empty()) {
        file = words[i];
      } else if (i + 1 == words.size() && schema == "main") {
        schema = file;
        file = words[i];
      } else {
        return usage(".backup ?DB? ?OPTIONS? FILENAME");
      }
    }
    if (file.empty()) {
      std::fprintf(stderr, "missing FILENAME argument on .backup\n");
      return Next::Failed;
    }
    return done(shell.backup(schema, file));
  }

  static Next restore(Shell& shell, const Words& words) {
    if (words.size() != 2 && words.size() != 3) return usage(".restore ?DB? FILE");
    return done(shell.restore(words.size() == 3 ? words[1] : "main", words.back()));
  }

  static Next bail(Shell& shell, const Words& words) { return toggle(shell.bail, words, ".bail on|off"); }

  static Next cd(Shell&, const Words& words) {
    if (words.size() != 2) return usage(".cd DIRECTORY");
    if (chdir(words[1].c_str()) == 0) return Next::Continue;
    std::fprintf(stderr, "Cannot change to directory \"%s\"\n", words[1].c_str());
    return Next::Failed;
  }

  static Next changes(Shell& shell, const Words& words) {
    return toggle(shell.show_changes_, words, ".changes on|off");
  }

  static Next databases(Shell& shell, const Words&) {
    bool ok = false;
    for (const auto& row : shell.query("PRAGMA database_list", {}, &ok)) {
      const std::string file = row[2].empty() ? "\"\"" : row[2];
      std::fprintf(shell.out_, "%s: %s %s\n", row[1].c_str(), file.c_str(), shell.read_only ? "r/o" : "r/w");
    }
    return done(ok);
  }

  static Next dump(Shell& shell, const Words& words) { return done(shell.dump(words)); }
  static Next echo(Shell& shell, const Words& words) { return toggle(shell.echo, words, ".echo on|off"); }

  static Next exit(Shell& shell, const Words& words) {
    if (words.size() > 1) shell.exit_code = static_cast<int>(std::strtol(words[1].c_str(), nullptr, 0));
    shell.leave = shell.exit_code != 0;
    return Next::Exit;
  }

  static Next headers(Shell& shell, const Words& words) {
    Next next = toggle(shell.output.header, words, ".headers on|off");
    if (next == Next::Continue) shell.output.header_was_set = true;
    return next;
  }

  static Next help(Shell& shell, const Words& words) {
    shell.print_help(words.size() > 1 ? words[1] : "");
    return Next::Continue;
  }

  static Next import(Shell& shell, const Words& words) { return done(shell.import(words)); }

  static Next indexes(Shell& shell, const Words& words) {
    if (words.size() > 2) return usage(".indexes ?LIKE-PATTERN?");
    return done(shell.show_names("type='index'", "tbl_name", words));
  }

  static Next mode(Shell& shell, const Words& words) {
    OutputOptions& output = shell.output;
    std::string name;
    std::string table;
    OutputOptions changed = output;
    bool have_grid_option = false;
    for (size_t i = 1; i < words.size(); ++i) {
      std::string word = words[i];
      if (word.starts_with("--")) word.erase(0, 1);
      if (word == "-wrap" && i + 1 < words.size()) {
        changed.wrap = static_cast<int>(std::strtol(words[++i].c_str(), nullptr, 0));
        have_grid_option = true;
      } else if (word == "-wordwrap" && i + 1 < words.size()) {
        changed.word_wrap = to_bool(words[++i]);
        have_grid_option = true;
      } else if (word == "-ww") {
        changed.word_wrap = true;
        have_grid_option = true;
      } else if (word == "-quote" || word == "-noquote") {
        changed.quote = word == "-quote";
        have_grid_option = true;
      } else if (name.empty()) {
        name = word;
      } else if (table.empty() && word[0] != '-') {
        table = word;
      } else {
        std::fprintf(stderr, "extra argument: \"%s\"\n", words[i].c_str());
        return Next::Failed;
      }
    }
    if (name.empty() && !have_grid_option) {
      if (is_grid(output.mode)) {
        std::fprintf(shell.out_, "current output mode: %s --wrap %d --wordwrap %s --%squote\n", mode_name(output.mode),
                     output.wrap, output.word_wrap ? "on" : "off", output.quote ? "" : "no");
      } else {
        std::fprintf(shell.out_, "current output mode: %s\n", mode_name(output.mode));
      }
      return Next::Continue;
    }
    if (!name.empty()) {
      if (!select_mode(output, name)) {
        std::fprintf(stderr,
                     "Error: mode should be one of: ascii box column csv html insert json line list markdown qbox "
                     "quote table tabs tcl\n");
        return Next::Failed;
      }
      if (output.mode == Mode::Insert) output.insert_table = table.empty() ? "table" : table;
    }
    if (have_grid_option) {
      output.wrap = changed.wrap;
      output.word_wrap = changed.word_wrap;
      output.quote = changed.quote;
    }
    return Next::Continue;
  }

  static Next null_value(Shell& shell, const Words& words) {
    if (words.size() != 2) return usage(".nullvalue STRING");
    shell.output.null_text = words[1];
    return Next::Continue;
  }

  static Next once(Shell& shell, const Words& words) {
    if (words.size() != 2) return usage(".once FILE");
    shell.set_output(words[1], true);
    return shell.out_ == stdout ? Next::Failed : Next::Continue;
  }

  static Next open(Shell& shell, const Words& words) {
    bool fresh = false;
    bool read_only = false;
    std::string file;
    for (size_t i = 1; i < words.size(); ++i) {
      if (words[i] == "--new" || words[i] == "-new") {
        fresh = true;
      } else if (words[i] == "--readonly" || words[i] == "-readonly") {
        read_only = true;
      } else if (words[i][0] == '-' && words[i].size() > 1) {
        std::fprintf(stderr, "unknown option: %s\n", words[i].c_str());
        return Next::Failed;
      } else if (file.empty()) {
        file = words[i];
      } else {
        std::fprintf(stderr, "extra argument: \"%s\"\n", words[i].c_str());
        return Next::Failed;
      }
    }
    shell.read_only = read_only;
    return done(shell.open(file, fresh));
  }

  static Next output(Shell& shell, const Words& words) {
    if (words.size() > 2) return usage(".output ?FILE?");
    if (words.size() == 1 || words[1] == "stdout") {
      shell.reset_output();
      return Next::Continue;
    }
    shell.set_output(words[1], false);
    return shell.out_ == stdout ? Next::Failed : Next::Continue;
  }

  static Next print(Shell& shell, const Words& words) {
    for (size_t i = 1; i < words.size(); ++i) std::fprintf(shell.out_, "%s%s", i > 1 ? " " : "", words[i].c_str());
    std::fputc('\n', shell.out_);
    return Next::Continue;
  }

  static Next prompt(Shell& shell, const Words& words) {
    if (words.size() > 1) shell.prompt_ = words[1];
    if (words.size() > 2) shell.continue_prompt_ = words[2];
    return Next::Continue;
  }

  static Next read(Shell& shell, const Words& words) {
    if (words.size() != 2) return usage(".read FILE");
    if (words[1].starts_with("|")) {
      FILE* in = popen(words[1].c_str() + 1, "r");
      if (!in) {
        std::fprintf(stderr, "Error: cannot open \"%s\"\n", words[1].c_str());
        return Next::Failed;
      }
      int errors = shell.run_stream(in, false);
      pclose(in);
      return done(errors == 0);
    }
    int errors = 0;
    if (!shell.run_file(words[1], &errors)) {
      std::fprintf(stderr, "Error: cannot open \"%s\"\n", words[1].c_str());
      return Next::Failed;
    }
    return done(errors == 0);
  }

  static Next schema(Shell& shell, const Words& words) { return done(shell.show_schema(words)); }

  static Next separator(Shell& shell, const Words& words) {
    if (words.size() < 2 || words.size() > 3) return usage(".separator COL ?ROW?");
    shell.output.column_separator = words[1];
    if (words.size() == 3) shell.output.row_separator = words[2];
    return Next::Continue;
  }

  static Next system(Shell& shell, const Words& words) {
    if (words.size() < 2) return usage(".system COMMAND");
    std::string command;
    for (size_t i = 1; i < words.size(); ++i) {
      if (i > 1) command += ' ';
      command += words[i].find(' ') == std::string::npos ? words[i] : "\"" + words[i] + "\"";
    }
    std::fflush(shell.out_);
    int status = std::system(command.c_str());
    if (status != 0) std::fprintf(stderr, "System command returns %d\n", status);
    return Next::Continue;
  }

  static Next show(Shell& shell, const Words& words) {
    if (words.size() != 1) return usage(".show");
    const OutputOptions& output = shell.output;
    auto line = [&](const char* name, const std::string& value) {
      std::fprintf(shell.out_, "%12s: %s\n", name, value.c_str());
    };
    line("echo", shell.echo ? "on" : "off");
    line("headers", output.header ? "on" : "off");
    std::string mode = mode_name(output.mode);
    if (is_grid(output.mode)) {
      mode += " --wrap " + std::to_string(output.wrap) + " --wordwrap " + (output.word_wrap ? "on" : "off") + " --" +
              (output.quote ? "" : "no") + "quote";
    }
    line("mode", mode);
    line("nullvalue", quote_c(output.null_text));
    line("output", shell.out_name_);
    line("colseparator", quote_c(output.column_separator));
    line("rowseparator", quote_c(output.row_separator));
    std::string widths;
    for (int width : output.widths) widths += std::to_string(width) + " ";
    line("width", widths);
    line("filename", shell.path);
    return Next::Continue;
  }

  static Next tables(Shell& shell, const Words& words) {
    return done(shell.show_names("type IN ('table','view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'", "name", words));
  }

  static Next timeout(Shell& shell, const Words& words) {
    shell.busy_timeout_ms_ = words.size() > 1 ? static_cast<int>(std::strtol(words[1].c_str(), nullptr, 0)) : 0;
    if (!shell.database()) return Next::Failed;
    shell.connection_->set_busy_timeout(shell.busy_timeout_ms_);
    return Next::Continue;
  }

  static Next timer(Shell& shell, const Words& words) { return toggle(shell.timer_, words, ".timer on|off"); }

  static Next version(Shell& shell, const Words&) {
    std::fprintf(shell.out_, "SQLRite %s\n", sqlrite::version());
    return Next::Continue;
  }

  static Next width(Shell& shell, const Words& words) {
    shell.output.widths.clear();
    for (size_t i = 1; i < words.size(); ++i)
      shell.output.widths.push_back(static_cast<int>(std::strtol(words[i].c_str(), nullptr, 10)));
    return Next::Continue;
  }
};

const Commands::Entry Commands::entries[] = {
    {"backup", 3, Commands::backup, ".backup ?DB? FILE", "Backup DB (default \"main\") to FILE"},
    {"bail", 3, Commands::bail, ".bail on|off", "Stop after hitting an error.  Default OFF"},
    {"cd", 2, Commands::cd, ".cd DIRECTORY", "Change the working directory to DIRECTORY"},
    {"changes", 3, Commands::changes, ".changes on|off", "Show number of rows changed by SQL"},
    {"databases", 2, Commands::databases, ".databases", "List names and files of attached databases"},
    {"dump", 1, Commands::dump, ".dump ?OBJECTS?", "Render database content as SQL"},
    {"echo", 1, Commands::echo, ".echo on|off", "Turn command echo on or off"},
    {"exit", 1, Commands::exit, ".exit ?CODE?", "Exit this program with return-code CODE"},
    {"headers", 1, Commands::headers, ".headers on|off", "Turn display of headers on or off"},
    {"help", 1, Commands::help, ".help ?PATTERN?", "Show help text for PATTERN"},
    {"import", 2, Commands::import, ".import FILE TABLE", "Import data from FILE into TABLE"},
    {"indexes", 2, Commands::indexes, ".indexes ?TABLE?", "Show names of indexes"},
    {"indices", 4, Commands::indexes, ".indices ?TABLE?", "Another spelling of .indexes"},
    {"mode", 1, Commands::mode, ".mode MODE ?OPTIONS?", "Set output mode"},
    {"nullvalue", 2, Commands::null_value, ".nullvalue STRING", "Use STRING in place of NULL values"},
    {"once", 2, Commands::once, ".once FILE", "Output for the next SQL command only to FILE"},
    {"open", 1, Commands::open, ".open ?OPTIONS? ?FILE?", "Close existing database and reopen FILE"},
    {"output", 1, Commands::output, ".output ?FILE?", "Send output to FILE or stdout if FILE is omitted"},
    {"print", 3, Commands::print, ".print STRING...", "Print literal STRING"},
    {"prompt", 3, Commands::prompt, ".prompt MAIN CONTINUE", "Replace the standard prompts"},
    {"quit", 1, Commands::exit, ".quit", "Exit this program"},
    {"read", 3, Commands::read, ".read FILE", "Read input from FILE or command output"},
    {"restore", 3, Commands::restore, ".restore ?DB? FILE", "Restore content of DB (default \"main\") from FILE"},
    {"save", 3, Commands::backup, ".save FILE", "Write database to FILE (an alias for .backup ...)"},
    {"schema", 2, Commands::schema, ".schema ?PATTERN?", "Show the CREATE statements matching PATTERN"},
    {"separator", 2, Commands::separator, ".separator COL ?ROW?", "Change the column and row separators"},
    {"shell", 3, Commands::system, ".shell CMD ARGS...", "Run CMD ARGS... in a system shell"},
    {"show", 4, Commands::show, ".show", "Show the current values for various settings"},
    {"system", 2, Commands::system, ".system CMD ARGS...", "Run CMD ARGS... in a system shell"},
    {"tables", 2, Commands::tables, ".tables ?TABLE?", "List names of tables matching LIKE pattern TABLE"},
    {"timeout", 5, Commands::timeout, ".timeout MS", "Try opening locked tables for MS milliseconds"},
    {"timer", 5, Commands::timer, ".timer on|off", "Turn SQL timer on or off"},
    {"version", 1, Commands::version, ".version", "Show the version"},
    {"width", 1, Commands::width, ".width NUM1 NUM2 ...", "Set minimum column widths for columnar output"},
};
const size_t Commands::entry_count = std::size(Commands::entries);

void Shell::print_help(const std::string& pattern) {
  std::string wanted = !pattern.empty() && pattern[0] == '.' ? pattern.substr(1) : pattern;
  bool found = false;
  for (const Commands::Entry& entry : Commands::entries) {
    if (!std::string_view(entry.name).starts_with(wanted)) continue;
    std::fprintf(out_, "%-24s %s\n", entry.usage, entry.summary);
    found = true;
  }
  if (!found) std::fprintf(out_, "Nothing matches '%s'\n", pattern.c_str());
}

Shell::Next Shell::run_dot_command(std::string_view line) {
  Words words = split_words(line.substr(1));
  if (words.empty()) return Next::Continue;
  const std::string& name = words[0];
  std::fflush(stdout);
  for (const Commands::Entry& entry : Commands::entries) {
    if (name.size() < entry.shortest || !std::string_view(entry.name).starts_with(name)) continue;
    bool was_once = out_is_once_;
    Next next = entry.handler(*this, words);
    // The output of a dot command counts for .once as well.
    if (was_once && out_is_once_) reset_output();
    std::fflush(out_);
    return next;
  }
  std::fprintf(stderr, "Error: unknown command or invalid arguments:  \"%s\". Enter \".help\" for help\n",
               name.c_str());
  return Next::Failed;
}

bool Shell::open(const std::string& new_path, bool fresh) {
  close();
  if (fresh && !new_path.empty() && new_path != ":memory:") {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) std::remove((new_path + suffix).c_str());
  }
  path = new_path.empty() ? ":memory:" : new_path;
  if (database()) return true;
  path = ":memory:";
  read_only = false;
  return false;
}

void Shell::set_output(const std::string& target, bool once) {
  reset_output();
  bool is_pipe = target.starts_with("|");
  FILE* file = target == "off" ? std::fopen("/dev/null", "wb")
               : is_pipe       ? popen(target.c_str() + 1, "w")
                               : std::fopen(target.c_str(), "wb");
  if (!file) {
    std::fprintf(stderr, "Error: cannot open \"%s\"\nError: cannot write to \"%s\"\n", target.c_str(), target.c_str());
    return;
  }
  out_ = file;
  out_is_pipe_ = is_pipe;
  out_is_once_ = once;
  out_name_ = target;
}

void Shell::reset_output() {
  if (out_ != stdout) {
    if (out_is_pipe_) {
      pclose(out_);
    } else {
      std::fclose(out_);
    }
  }
  out_ = stdout;
  out_is_pipe_ = false;
  out_is_once_ = false;
  out_name_ = "stdout";
}

}  // namespace sqlrite::shell

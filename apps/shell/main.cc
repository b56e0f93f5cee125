// sqlrite: the command line shell. Options first, then a database file, then SQL to run (else standard input).
#include <unistd.h>

#include <cstring>

#include "shell.h"
#include "text.h"

namespace {

using sqlrite::shell::Shell;

constexpr char kUsage[] =
    "Usage: sqlrite [OPTIONS] [FILENAME [SQL...]]\n"
    "FILENAME is the name of a database. A new database is created if the file does not\n"
    "exist. Without FILENAME an in-memory database is used. OPTIONS include:\n"
    "   -ascii               set output mode to 'ascii'\n"
    "   -bail                stop after hitting an error\n"
    "   -batch               force batch I/O\n"
    "   -box                 set output mode to 'box'\n"
    "   -cmd COMMAND         run \"COMMAND\" before reading stdin\n"
    "   -column              set output mode to 'column'\n"
    "   -csv                 set output mode to 'csv'\n"
    "   -echo                print inputs before execution\n"
    "   -[no]header          turn headers on or off\n"
    "   -help                show this message\n"
    "   -html                set output mode to HTML\n"
    "   -init FILENAME       read/process named file\n"
    "   -interactive         force interactive I/O\n"
    "   -json                set output mode to 'json'\n"
    "   -line                set output mode to 'line'\n"
    "   -list                set output mode to 'list'\n"
    "   -markdown            set output mode to 'markdown'\n"
    "   -newline SEP         set output row separator. Default: '\\n'\n"
    "   -nullvalue TEXT      set text string for NULL values. Default ''\n"
    "   -quote               set output mode to 'quote'\n"
    "   -readonly            open the database read-only\n"
    "   -separator SEP       set output column separator. Default: '|'\n"
    "   -table               set output mode to 'table'\n"
    "   -tabs                set output mode to 'tabs'\n"
    "   -version             show the version\n";

bool is_mode_option(const std::string& name) {
  for (const char* mode : {"list", "line", "column", "box", "table", "markdown", "csv", "json", "quote", "insert",
                           "html", "ascii", "tcl", "tabs", "qbox"}) {
    if (name == mode) return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  Shell shell;
  shell.interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  std::vector<std::string> commands;
  std::vector<std::string> statements;
  std::string init_file;
  bool have_file = false;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument.size() < 2 || argument[0] != '-' || (have_file && !statements.empty())) {
      if (!have_file) {
        shell.path = argument;
        have_file = true;
      } else {
        statements.push_back(argument);
      }
      continue;
    }
    std::string name = argument.substr(argument[1] == '-' ? 2 : 1);
    auto value = [&]() -> const char* {
      if (i + 1 >= argc) {
        std::fprintf(stderr, "sqlrite: Error: missing argument to %s\n", argv[i]);
        std::exit(1);
      }
      return argv[++i];
    };
    if (is_mode_option(name)) {
      // An option selects the look only: no headers, no carriage returns. That is for .mode to do.
      bool header = shell.output.header;
      std::string row_separator = shell.output.row_separator;
      sqlrite::shell::select_mode(shell.output, name);
      shell.output.header = header;
      if (name == "csv") shell.output.row_separator = row_separator;
    } else if (name == "header" || name == "noheader") {
      shell.output.header = name == "header";
      shell.output.header_was_set = true;
    } else if (name == "separator") {
      shell.output.column_separator = value();
    } else if (name == "newline") {
      shell.output.row_separator = value();
    } else if (name == "nullvalue") {
      shell.output.null_text = value();
    } else if (name == "cmd") {
      commands.push_back(value());
    } else if (name == "init") {
      init_file = value();
    } else if (name == "readonly") {
      shell.read_only = true;
    } else if (name == "echo") {
      shell.echo = true;
    } else if (name == "bail") {
      shell.bail = true;
    } else if (name == "batch") {
      shell.interactive = false;
    } else if (name == "interactive") {
      shell.interactive = true;
    } else if (name == "version") {
      std::printf("%s\n", sqlrite::version());
      return 0;
    } else if (name == "help") {
      std::fputs(kUsage, stderr);
      return 0;
    } else {
      std::fprintf(stderr, "sqlrite: Error: unknown option: %s\nUse -help for a list of options.\n", argument.c_str());
      return 1;
    }
  }
  // A missing file is made when the first statement needs it, so that a mistyped name leaves nothing behind.
  if (have_file && access(shell.path.c_str(), F_OK) == 0 && !shell.database()) return 1;

  if (!init_file.empty()) {
    int errors = 0;
    if (!shell.run_file(init_file, &errors)) {
      std::fprintf(stderr, "cannot open: \"%s\"\n", init_file.c_str());
      if (shell.bail) return 1;
    }
    if (shell.leave) return shell.exit_code;
    if (errors > 0 && shell.bail) return 1;
  }
  for (const std::string& command : commands) {
    int code = 0;
    Shell::Next next = shell.run_argument(command, &code);
    if (next == Shell::Next::Exit) return shell.exit_code;
    if (next == Shell::Next::Failed && shell.bail) return code;
  }
  for (const std::string& statement : statements) {
    int code = 0;
    Shell::Next next = shell.run_argument(statement, &code);
    if (next == Shell::Next::Exit) return shell.exit_code;
    if (next == Shell::Next::Failed) return code;
  }
  if (!statements.empty()) return 0;
  if (shell.interactive) {
    std::printf("SQLRite version %s\nEnter \".help\" for usage hints.\n", sqlrite::version());
    if (!have_file)
      std::printf(
          "Connected to a transient in-memory database.\nUse \".open FILENAME\" to reopen on a persistent database.\n");
  }
  int errors = shell.run_stream(stdin, shell.interactive);
  if (shell.leave) return shell.exit_code;
  return errors > 0 ? 1 : 0;
}

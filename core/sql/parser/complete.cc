// is_complete(): does a text end with a finished statement? Only CREATE TRIGGER makes this more than
// "is the last token a semicolon": its body holds semicolons, and only ";END;" finishes it.
#include "base/text.h"
#include "sql/lexer/lexer.h"
#include "sql/parser/parser.h"

namespace sqlrite::sql {

bool is_complete(std::string_view text) {
  enum class State { Nothing, Done, Plain, Explain, Create, TriggerBody, TriggerSemicolon, TriggerEnd };
  State state = State::Nothing;
  Lexer lexer(text);
  while (true) {
    Token token = lexer.next();
    if (lexer.in_open_comment()) return false;
    if (token.kind == TokenKind::End) return state == State::Done;
    std::string_view word = text.substr(token.begin, token.end - token.begin);
    if (token.kind == TokenKind::Illegal) {
      // A quote or bracket that never closes swallows the rest of the text.
      char first = word[0];
      if (first == '\'' || first == '"' || first == '`' || first == '[') return false;
    }
    if (token.kind == TokenKind::Semicolon) {
      bool in_trigger = state == State::TriggerBody || state == State::TriggerSemicolon;
      state = in_trigger ? State::TriggerSemicolon : State::Done;
      continue;
    }
    switch (state) {
      case State::Nothing:
      case State::Done:
        state = token.kind == TokenKind::Explain  ? State::Explain
                : token.kind == TokenKind::Create ? State::Create
                                                  : State::Plain;
        break;
      case State::Plain: break;
      case State::Explain:
        // EXPLAIN QUERY PLAN CREATE ...: other words keep the state.
        if (token.kind == TokenKind::Create) {
          state = State::Create;
        } else if (token.kind == TokenKind::Explain || token.kind == TokenKind::Temp ||
                   token.kind == TokenKind::Trigger || token.kind == TokenKind::EndWord) {
          state = State::Plain;
        }
        break;
      case State::Create:
        if (token.kind == TokenKind::Trigger) {
          state = State::TriggerBody;
        } else if (token.kind != TokenKind::Temp) {
          state = State::Plain;
        }
        break;
      case State::TriggerSemicolon:
        state = token.kind == TokenKind::EndWord ? State::TriggerEnd : State::TriggerBody;
        break;
      case State::TriggerBody:
      case State::TriggerEnd: state = State::TriggerBody; break;
    }
  }
}

}  // namespace sqlrite::sql

// Keyword lookup: a hash table built at compile time over the upper-case words.
#include <array>

#include "sql/lexer/token.h"

namespace sqlrite::sql {
namespace {

struct Keyword {
  std::string_view word;
  TokenKind kind;
};

constexpr Keyword kKeywords[] = {
    {"ABORT", TokenKind::Abort},
    {"ACTION", TokenKind::Action},
    {"ADD", TokenKind::Add},
    {"AFTER", TokenKind::After},
    {"ALL", TokenKind::All},
    {"ALTER", TokenKind::Alter},
    {"ALWAYS", TokenKind::Always},
    {"ANALYZE", TokenKind::Analyze},
    {"AND", TokenKind::And},
    {"AS", TokenKind::As},
    {"ASC", TokenKind::Asc},
    {"ATTACH", TokenKind::Attach},
    {"AUTOINCREMENT", TokenKind::Autoincrement},
    {"BEFORE", TokenKind::Before},
    {"BEGIN", TokenKind::Begin},
    {"BETWEEN", TokenKind::Between},
    {"BY", TokenKind::By},
    {"CASCADE", TokenKind::Cascade},
    {"CASE", TokenKind::Case},
    {"CAST", TokenKind::Cast},
    {"CHECK", TokenKind::Check},
    {"COLLATE", TokenKind::Collate},
    {"COLUMN", TokenKind::Column},
    {"COMMIT", TokenKind::Commit},
    {"CONFLICT", TokenKind::Conflict},
    {"CONSTRAINT", TokenKind::Constraint},
    {"CREATE", TokenKind::Create},
    {"CROSS", TokenKind::JoinWord},
    {"CURRENT", TokenKind::Current},
    {"CURRENT_DATE", TokenKind::CurrentTimeWord},
    {"CURRENT_TIME", TokenKind::CurrentTimeWord},
    {"CURRENT_TIMESTAMP", TokenKind::CurrentTimeWord},
    {"DATABASE", TokenKind::Database},
    {"DEFAULT", TokenKind::Default},
    {"DEFERRABLE", TokenKind::Deferrable},
    {"DEFERRED", TokenKind::Deferred},
    {"DELETE", TokenKind::Delete},
    {"DESC", TokenKind::Desc},
    {"DETACH", TokenKind::Detach},
    {"DISTINCT", TokenKind::Distinct},
    {"DO", TokenKind::Do},
    {"DROP", TokenKind::Drop},
    {"EACH", TokenKind::Each},
    {"ELSE", TokenKind::Else},
    {"END", TokenKind::EndWord},
    {"ESCAPE", TokenKind::Escape},
    {"EXCEPT", TokenKind::Except},
    {"EXCLUDE", TokenKind::Exclude},
    {"EXCLUSIVE", TokenKind::Exclusive},
    {"EXISTS", TokenKind::Exists},
    {"EXPLAIN", TokenKind::Explain},
    {"FAIL", TokenKind::Fail},
    {"FILTER", TokenKind::Filter},
    {"FIRST", TokenKind::First},
    {"FOLLOWING", TokenKind::Following},
    {"FOR", TokenKind::For},
    {"FOREIGN", TokenKind::Foreign},
    {"FROM", TokenKind::From},
    {"FULL", TokenKind::JoinWord},
    {"GENERATED", TokenKind::Generated},
    {"GLOB", TokenKind::LikeWord},
    {"GROUP", TokenKind::Group},
    {"GROUPS", TokenKind::Groups},
    {"HAVING", TokenKind::Having},
    {"IF", TokenKind::If},
    {"IGNORE", TokenKind::Ignore},
    {"IMMEDIATE", TokenKind::Immediate},
    {"IN", TokenKind::In},
    {"INDEX", TokenKind::Index},
    {"INDEXED", TokenKind::Indexed},
    {"INITIALLY", TokenKind::Initially},
    {"INNER", TokenKind::JoinWord},
    {"INSERT", TokenKind::Insert},
    {"INSTEAD", TokenKind::Instead},
    {"INTERSECT", TokenKind::Intersect},
    {"INTO", TokenKind::Into},
    {"IS", TokenKind::Is},
    {"ISNULL", TokenKind::IsNull},
    {"JOIN", TokenKind::Join},
    {"KEY", TokenKind::Key},
    {"LAST", TokenKind::Last},
    {"LEFT", TokenKind::JoinWord},
    {"LIKE", TokenKind::LikeWord},
    {"LIMIT", TokenKind::Limit},
    {"MATCH", TokenKind::Match},
    {"MATERIALIZED", TokenKind::Materialized},
    {"NATURAL", TokenKind::JoinWord},
    {"NO", TokenKind::No},
    {"NOT", TokenKind::Not},
    {"NOTHING", TokenKind::Nothing},
    {"NOTNULL", TokenKind::NotNull},
    {"NULL", TokenKind::Null},
    {"NULLS", TokenKind::Nulls},
    {"OF", TokenKind::Of},
    {"OFFSET", TokenKind::Offset},
    {"ON", TokenKind::On},
    {"OR", TokenKind::Or},
    {"ORDER", TokenKind::Order},
    {"OTHERS", TokenKind::Others},
    {"OUTER", TokenKind::JoinWord},
    {"OVER", TokenKind::Over},
    {"PARTITION", TokenKind::Partition},
    {"PLAN", TokenKind::Plan},
    {"PRAGMA", TokenKind::Pragma},
    {"PRECEDING", TokenKind::Preceding},
    {"PRIMARY", TokenKind::Primary},
    {"QUERY", TokenKind::Query},
    {"RAISE", TokenKind::Raise},
    {"RANGE", TokenKind::Range},
    {"RECURSIVE", TokenKind::Recursive},
    {"REFERENCES", TokenKind::References},
    {"REGEXP", TokenKind::LikeWord},
    {"REINDEX", TokenKind::Reindex},
    {"RELEASE", TokenKind::Release},
    {"RENAME", TokenKind::Rename},
    {"REPLACE", TokenKind::Replace},
    {"RESTRICT", TokenKind::Restrict},
    {"RETURNING", TokenKind::Returning},
    {"RIGHT", TokenKind::JoinWord},
    {"ROLLBACK", TokenKind::Rollback},
    {"ROW", TokenKind::Row},
    {"ROWS", TokenKind::Rows},
    {"SAVEPOINT", TokenKind::Savepoint},
    {"SELECT", TokenKind::Select},
    {"SET", TokenKind::Set},
    {"TABLE", TokenKind::Table},
    {"TEMP", TokenKind::Temp},
    {"TEMPORARY", TokenKind::Temp},
    {"THEN", TokenKind::Then},
    {"TIES", TokenKind::Ties},
    {"TO", TokenKind::To},
    {"TRANSACTION", TokenKind::Transaction},
    {"TRIGGER", TokenKind::Trigger},
    {"UNBOUNDED", TokenKind::Unbounded},
    {"UNION", TokenKind::Union},
    {"UNIQUE", TokenKind::Unique},
    {"UPDATE", TokenKind::Update},
    {"USING", TokenKind::Using},
    {"VACUUM", TokenKind::Vacuum},
    {"VALUES", TokenKind::Values},
    {"VIEW", TokenKind::View},
    {"VIRTUAL", TokenKind::Virtual},
    {"WHEN", TokenKind::When},
    {"WHERE", TokenKind::Where},
    {"WINDOW", TokenKind::Window},
    {"WITH", TokenKind::With},
    {"WITHOUT", TokenKind::Without},
};
constexpr int kKeywordCount = static_cast<int>(std::size(kKeywords));
constexpr size_t kLengthMin = 2;
constexpr size_t kLengthMax = 17;
constexpr uint32_t kSlotCount = 1024;

constexpr char kCaseBit = 0x20;

constexpr uint32_t slot_of(const char* word, size_t length) {
  // Letters without their case; what becomes of other bytes does not matter, as long as it is always the same.
  auto folded = [word](size_t at) { return static_cast<uint32_t>(static_cast<uint8_t>(word[at]) & ~kCaseBit & 0xff); };
  uint32_t first = folded(0);
  uint32_t second = folded(1);
  uint32_t last = folded(length - 1);
  uint32_t middle = folded(length / 2);
  return (first * 31 + second * 131 + middle * 211 + last * 37 + static_cast<uint32_t>(length) * 97) % kSlotCount;
}

// Each slot holds the number of the first keyword (plus one) with that hash; `next` chains the few that share it.
struct Table {
  std::array<uint8_t, kSlotCount> slots{};
  std::array<uint8_t, kKeywordCount> next{};
};

constexpr Table build_table() {
  Table table;
  for (int i = 0; i < kKeywordCount; ++i) {
    uint32_t slot = slot_of(kKeywords[i].word.data(), kKeywords[i].word.size());
    table.next[static_cast<size_t>(i)] = table.slots[slot];
    table.slots[slot] = static_cast<uint8_t>(i + 1);
  }
  return table;
}
constexpr Table kTable = build_table();
static_assert(kKeywordCount < 255);

}  // namespace

TokenKind keyword_kind(std::string_view word) {
  if (word.size() < kLengthMin || word.size() > kLengthMax) return TokenKind::Identifier;
  for (uint8_t at = kTable.slots[slot_of(word.data(), word.size())]; at != 0; at = kTable.next[at - 1u]) {
    const Keyword& keyword = kKeywords[at - 1];
    if (keyword.word.size() != word.size()) continue;
    size_t i = 0;
    for (; i < word.size(); ++i) {
      char wanted = keyword.word[i];
      auto difference = static_cast<char>(word[i] ^ wanted);
      if (difference != 0 && (difference != kCaseBit || wanted == '_')) break;  // keywords are letters and underscores
    }
    if (i == word.size()) return keyword.kind;
  }
  return TokenKind::Identifier;
}

size_t keyword_count() { return std::size(kKeywords); }
std::string_view keyword_word(size_t index) { return kKeywords[index].word; }

}  // namespace sqlrite::sql

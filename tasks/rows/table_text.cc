#include "tasks/rows/table_text.h"

#include <fmt/format.h>

#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace tasks {
namespace {

constexpr std::size_t kMaxRecordBytes = std::size_t{64} << 20;
constexpr int kEnd = std::streambuf::traits_type::eof();

constexpr bool is_newline(int c) { return c == '\n' || c == '\r'; }

}  // namespace

TableText::TableText(std::unique_ptr<std::istream> in, std::string name, const TableFormat& format)
    : in_(std::move(in)),
      buffer_(*in_->rdbuf()),
      name_(std::move(name)),
      delimiter_(static_cast<unsigned char>(format.delimiter)),
      quote_(format.quote == 0 ? -1 : static_cast<unsigned char>(format.quote)),
      skip_initial_space_(format.skip_initial_space) {}

void TableText::fail(const std::string& message) const { throw core::FileError::at_line(name_, next_line_, message); }

/// The next byte; counts the lines that end by it.
int TableText::take() {
  const int c = buffer_.sbumpc();
  if (c == 0) fail("a NUL byte: is this UTF-16? Tables are read as UTF-8");
  if (c == '\r' || (c == '\n' && previous_ != '\r')) ++next_line_;
  previous_ = c;
  return c;
}

/// "\r\n" is one end of a line.
void TableText::end_line(int newline) {
  if (newline == '\r' && buffer_.sgetc() == '\n') take();
}

void TableText::append(int c) {
  cell_ += static_cast<char>(c);
  if (++record_bytes_ <= kMaxRecordBytes) return;
  throw core::FileError::at_line(name_, line_, "a record of more than 64 MiB: is a quote left open here?");
}

void TableText::save(std::vector<std::string>& cells) {
  if (core::find_invalid_utf8(cell_) != std::string::npos)
    throw core::FileError::at_line(name_, line_, fmt::format("cell {} is not UTF-8", cells.size() + 1));
  cells.push_back(cell_);
  cell_.clear();
}

bool TableText::next(std::vector<std::string>& cells) {
  enum class State { kStartOfCell, kUnquoted, kQuoted, kQuoteInQuoted } state = State::kStartOfCell;
  cells.clear();
  cell_.clear();
  record_bytes_ = 0;
  line_ = next_line_;
  int c = take();
  if (c == kEnd) return false;
  if (!is_newline(c)) {
    for (;; c = take()) {
      if (state == State::kQuoted) {
        if (c == kEnd) break;
        if (c == quote_)
          state = State::kQuoteInQuoted;
        else
          append(c);
      } else if (c == kEnd || is_newline(c)) {
        break;
      } else if (c == quote_ && state != State::kUnquoted) {
        if (state == State::kQuoteInQuoted) append(c);
        state = State::kQuoted;
      } else if (c == ' ' && state == State::kStartOfCell && skip_initial_space_) {
        // passed over, before a delimiter that is a blank itself
      } else if (c == delimiter_) {
        save(cells);
        state = State::kStartOfCell;
      } else {
        append(c);
        state = State::kUnquoted;
      }
    }
    save(cells);
  }
  end_line(c);
  return true;
}

}  // namespace tasks

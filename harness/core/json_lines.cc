#include "harness/core/json_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "harness/core/errors.h"
#include "harness/core/json_document.h"

namespace core {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;

/// The text of a string that is written without escapes, as most are; nothing otherwise.
std::optional<std::string_view> plain_string(std::string_view written) {
  if (written.size() < 2 || written.front() != '"' || written.find('\\') != std::string_view::npos) return {};
  return written.substr(1, written.size() - 2);
}

constexpr bool separates(char c) { return c == ' ' || c == ',' || c == '\t' || c == '\r' || c == '\n'; }

/// Reads the items of a list of strings without escapes; false where the list is of another kind. `written` is valid
/// JSON.
bool read_plain_strings(std::string_view written, std::vector<std::string>& items) {
  if (written.front() != '[' || written.find('\\') != std::string_view::npos) return false;
  std::size_t count = 0;
  for (std::size_t at = 1;;) {
    while (separates(written[at])) ++at;
    if (written[at] == ']') break;
    if (written[at] != '"') return false;
    const std::size_t end = written.find('"', at + 1);
    if (count == items.size()) items.emplace_back();
    items[count++].assign(written, at + 1, end - at - 1);
    at = end + 1;
  }
  items.resize(count);
  return true;
}

}  // namespace

JsonRecord JsonRecord::parse(std::string_view line) {
  JsonRecord record;
  record.assign(line);
  return record;
}

void JsonRecord::assign(std::string_view line) {
  count_ = 0;
  JsonDocument(line).for_each_field([&](const RawField& read) {
    Field& field = next_field();
    field.key.assign(read.key);
    field.written_key.assign(read.written_key);
    field.value.assign(read.value);
  });
}

JsonRecord::Field& JsonRecord::next_field() {
  if (count_ == fields_.size()) fields_.emplace_back();
  return fields_[count_++];
}

/// The field of that name, added at the end where it is absent.
JsonRecord::Field& JsonRecord::field_for(std::string_view key) {
  for (Field& field : std::span(fields_).first(count_))
    if (field.key == key) return field;
  Field& field = next_field();
  field.key.assign(key);
  field.written_key.clear();
  append_json_string(field.written_key, key);
  field.written_key.pop_back();
  field.written_key.erase(0, 1);
  return field;
}

const std::string* JsonRecord::raw(std::string_view key) const {
  for (const Field& field : fields())
    if (field.key == key) return &field.value;
  return nullptr;
}

template <class Read>
auto JsonRecord::read_field(std::string_view key, Read read) const {
  const std::string* written = raw(key);
  if (!written) throw std::runtime_error(fmt::format("field '{}' is missing", key));
  try {
    return read(*written);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("field '{}': {}", key, error.what()));
  }
}

std::string JsonRecord::string(std::string_view key) const {
  std::string out;
  read_string(key, out);
  return out;
}

void JsonRecord::read_string(std::string_view key, std::string& out) const {
  read_field(key, [&](const std::string& written) {
    if (const auto plain = plain_string(written))
      out.assign(*plain);
    else
      out = parse_json(written).as_string();
  });
}

double JsonRecord::number(std::string_view key) const {
  return read_field(key, [](const std::string& written) { return parse_json(written).as_double(); });
}

std::int64_t JsonRecord::integer(std::string_view key) const {
  return read_field(key, [](const std::string& written) {
    const Json value = parse_json(written);
    if (!value.is_integer()) throw std::runtime_error("expected an integer, found " + written);
    return value.as_integer();
  });
}

std::vector<std::string> JsonRecord::strings(std::string_view key) const {
  std::vector<std::string> out;
  read_strings(key, out);
  return out;
}

void JsonRecord::read_strings(std::string_view key, std::vector<std::string>& out) const {
  read_field(key, [&](const std::string& written) {
    if (!read_plain_strings(written, out)) out = parse_json(written).as_strings();
  });
}

Json JsonRecord::json(std::string_view key) const {
  return read_field(key, [](const std::string& written) { return parse_json(written); });
}

Json JsonRecord::to_json() const { return parse_json(to_line()); }

void JsonRecord::set(std::string_view key, const Json& value) {
  const auto* number = std::get_if<double>(&value.value());
  if (!number || !std::isfinite(*number)) return set_raw(key, write_json(value));
  Field& field = field_for(key);
  field.value.clear();
  append_json_double(field.value, *number);
}

void JsonRecord::set_raw(std::string_view key, std::string json) { field_for(key).value = std::move(json); }

void JsonRecord::erase(std::string_view key) {
  fields_.resize(count_);
  std::erase_if(fields_, [&](const Field& field) { return field.key == key; });
  count_ = fields_.size();
}

std::string JsonRecord::to_line() const {
  std::string line;
  append_line(line);
  return line;
}

void JsonRecord::append_line(std::string& out) const {
  char before = '{';
  for (const Field& field : fields()) {
    out += before;
    out += '"';
    out += field.written_key;
    out += "\":";
    out += field.value;
    before = ',';
  }
  out += count_ == 0 ? "{}" : "}";
}

JsonLinesReader::JsonLinesReader(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {}

/// Reads a line of bounded length into `buffer_`, without its newline; false at the end.
bool JsonLinesReader::read_line() {
  std::size_t used = 0;
  for (;;) {
    if (buffer_.size() - used < 2) buffer_.resize(std::max<std::size_t>(4096, buffer_.size() * 2));
    in_.getline(buffer_.data() + used, static_cast<std::streamsize>(buffer_.size() - used));
    used += static_cast<std::size_t>(in_.gcount());
    if (in_.bad()) throw FileError::at_line(name_, line_ + 1, "cannot be read");
    if (in_.eof()) break;
    if (!in_.fail()) {
      --used;  // gcount counts the newline
      break;
    }
    if (used > kMaxLineBytes) break;
    in_.clear();  // the buffer was full
  }
  line_view_ = std::string_view(buffer_).substr(0, used);
  return used > 0 || !in_.eof();
}

std::optional<JsonRecord> JsonLinesReader::next() {
  JsonRecord record;
  if (!next(record)) return {};
  return record;
}

bool JsonLinesReader::next(JsonRecord& record) {
  if (!read_line()) return false;
  ++line_;
  if (line_view_.size() > kMaxLineBytes) throw FileError::at_line(name_, line_, "longer than 64 MiB");
  if (line_view_.empty() && in_.peek() == std::istream::traits_type::eof()) return false;
  try {
    record.assign(line_view_);
  } catch (const std::runtime_error& error) {
    throw FileError::at_line(name_, line_, error.what());
  }
  return true;
}

std::vector<JsonRecord> read_json_lines(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw FileError(path, "cannot be opened");
  JsonLinesReader reader(in, path);
  std::vector<JsonRecord> records;
  while (auto record = reader.next()) records.push_back(*std::move(record));
  return records;
}

namespace {

/// The lines of one turn of a filter, and the error that ended them early. Its memory is used again by the next turn.
struct Block {
  std::vector<JsonRecord> records;
  std::size_t count = 0;
  std::string text;
  std::exception_ptr error;
  bool end = false;

  std::span<JsonRecord> filled() { return std::span(records).first(count); }
};

void read_checked(JsonLinesReader& reader, Block& block, const std::function<void(const JsonRecord&)>& check) {
  if (block.count == block.records.size()) block.records.emplace_back();
  JsonRecord& record = block.records[block.count];
  block.end = !reader.next(record);
  if (block.end) return;
  try {
    if (check) check(record);
  } catch (const std::runtime_error& error) {
    throw FileError::at_line(reader.name(), reader.line(), error.what());
  }
  ++block.count;
}

void read_block(JsonLinesReader& reader, std::istream& in, std::size_t size, Block& block,
                const std::function<void(const JsonRecord&)>& check) {
  block.count = 0;
  try {
    while (block.count < size && !block.end) {
      if (block.count > 0 && in.rdbuf()->in_avail() <= 0) return;  // answer what is there before waiting for more
      read_checked(reader, block, check);
    }
  } catch (...) {
    block.error = std::current_exception();
  }
}

void write_block(std::ostream& out, Block& block) {
  block.text.clear();
  for (const JsonRecord& record : block.filled()) {
    record.append_line(block.text);
    block.text += '\n';
  }
  out.write(block.text.data(), static_cast<std::streamsize>(block.text.size()));
  out.flush();
  if (!out) throw FileError("standard output", "cannot be written");
}

}  // namespace

void run_filter(std::istream& in, std::ostream& out, const FilterOptions& options,
                const std::function<void(const JsonRecord&)>& check,
                const std::function<void(std::span<JsonRecord>)>& enrich) {
  if (&in == &std::cin) {
    std::ios::sync_with_stdio(false);  // else every character is a call, and what waits in the pipe cannot be seen
    std::cin.tie(nullptr);
  }
  JsonLinesReader reader(in, options.name);
  std::int64_t left = options.limit;
  const std::size_t most = std::max<std::size_t>(1, options.block);
  Block block;
  while (left != 0) {
    const std::size_t size = left < 0 ? most : std::min(most, static_cast<std::size_t>(left));
    read_block(reader, in, size, block, check);
    if (block.count > 0) {
      enrich(block.filled());
      write_block(out, block);
    }
    if (block.error) std::rethrow_exception(block.error);
    if (block.end) return;
    if (left > 0) left -= static_cast<std::int64_t>(block.count);
  }
}

}  // namespace core

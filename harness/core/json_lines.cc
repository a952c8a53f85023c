#include "harness/core/json_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "harness/core/errors.h"
#include "harness/core/json_document.h"

namespace core {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;

/// How a key is written between its quotes.
std::string escaped(std::string_view key) {
  std::string out;
  append_json_string(out, key);
  return out.substr(1, out.size() - 2);
}

/// The text of a string that is written without escapes, as most are; nothing otherwise.
std::optional<std::string_view> plain_string(std::string_view written) {
  if (written.size() < 2 || written.front() != '"' || written.find('\\') != std::string_view::npos) return {};
  return written.substr(1, written.size() - 2);
}

/// The items of a list of strings without escapes; nothing where the list is of another kind. `written` is valid JSON.
std::optional<std::vector<std::string>> plain_strings(std::string_view written) {
  if (written.front() != '[' || written.find('\\') != std::string_view::npos) return {};
  std::vector<std::string> items;
  for (std::size_t at = 1;;) {
    at = written.find_first_not_of(" \t\r\n,", at);
    if (written[at] == ']') return items;
    if (written[at] != '"') return {};
    const std::size_t end = written.find('"', at + 1);
    items.emplace_back(written.substr(at + 1, end - at - 1));
    at = end + 1;
  }
}

}  // namespace

JsonRecord JsonRecord::parse(std::string_view line) {
  JsonRecord record;
  record.fields_.reserve(8);
  JsonDocument(line).for_each_field([&](const RawField& field) {
    record.fields_.push_back({std::string(field.key), std::string(field.written_key), std::string(field.value)});
  });
  return record;
}

const std::string* JsonRecord::raw(std::string_view key) const {
  for (const Field& field : fields_)
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
  return read_field(key, [](const std::string& written) {
    if (const auto plain = plain_string(written)) return std::string(*plain);
    return parse_json(written).as_string();
  });
}

double JsonRecord::number(std::string_view key) const {
  return read_field(key, [](const std::string& written) { return parse_json(written).as_double(); });
}

std::vector<std::string> JsonRecord::strings(std::string_view key) const {
  return read_field(key, [](const std::string& written) {
    if (auto plain = plain_strings(written)) return *std::move(plain);
    return parse_json(written).as_strings();
  });
}

Json JsonRecord::json(std::string_view key) const {
  return read_field(key, [](const std::string& written) { return parse_json(written); });
}

Json JsonRecord::to_json() const { return parse_json(to_line()); }

void JsonRecord::set(std::string_view key, const Json& value) { set_raw(key, write_json(value)); }

void JsonRecord::set_raw(std::string_view key, std::string json) {
  for (Field& field : fields_)
    if (field.key == key) {
      field.value = std::move(json);
      return;
    }
  fields_.push_back({std::string(key), escaped(key), std::move(json)});
}

void JsonRecord::erase(std::string_view key) {
  std::erase_if(fields_, [&](const Field& field) { return field.key == key; });
}

std::string JsonRecord::to_line() const {
  std::size_t size = 2;
  for (const Field& field : fields_) size += field.written_key.size() + field.value.size() + 4;
  std::string line;
  line.reserve(size);
  line += '{';
  for (const Field& field : fields_) {
    if (line.size() > 1) line += ',';
    line += '"';
    line += field.written_key;
    line += "\":";
    line += field.value;
  }
  return line += '}';
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
  if (!read_line()) return {};
  ++line_;
  if (line_view_.size() > kMaxLineBytes) throw FileError::at_line(name_, line_, "longer than 64 MiB");
  if (line_view_.empty() && in_.peek() == std::istream::traits_type::eof()) return {};
  try {
    return JsonRecord::parse(line_view_);
  } catch (const std::runtime_error& error) {
    throw FileError::at_line(name_, line_, error.what());
  }
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

/// The lines of one turn of a filter, and the error that ended them early.
struct Block {
  std::vector<JsonRecord> records;
  std::exception_ptr error;
  bool end = false;
};

Block read_block(JsonLinesReader& reader, std::istream& in, std::size_t size,
                 const std::function<void(const JsonRecord&)>& check) {
  Block block;
  try {
    while (block.records.size() < size) {
      if (!block.records.empty() && in.rdbuf()->in_avail() <= 0) break;  // answer what is there before waiting for more
      auto record = reader.next();
      block.end = !record;
      if (block.end) break;
      try {
        if (check) check(*record);
      } catch (const std::runtime_error& error) {
        throw FileError::at_line(reader.name(), reader.line(), error.what());
      }
      block.records.push_back(*std::move(record));
    }
  } catch (...) {
    block.error = std::current_exception();
  }
  return block;
}

void write_block(std::ostream& out, std::span<const JsonRecord> records) {
  std::string text;
  for (const JsonRecord& record : records) (text += record.to_line()) += '\n';
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
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
  while (left != 0) {
    const std::size_t size = left < 0 ? most : std::min(most, static_cast<std::size_t>(left));
    Block block = read_block(reader, in, size, check);
    if (!block.records.empty()) {
      enrich(block.records);
      write_block(out, block.records);
    }
    if (block.error) std::rethrow_exception(block.error);
    if (block.end) return;
    if (left > 0) left -= static_cast<std::int64_t>(block.records.size());
  }
}

}  // namespace core

// Errors of templates. Operations on values throw EvaluationError; the evaluator adds where in the template it
// happened.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace jinja {

/// What went wrong, without a place: "can only concatenate str (not "int") to str".
class EvaluationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// "NAME:LINE:COLUMN: message", then the source line and a caret below the column, both set in by two blanks. Lines and
/// columns count from 1, columns in code points; tabs of the line stay tabs in front of the caret. Of a line longer
/// than 120 code points those around the column are shown, with "…" for the rest.
class TemplateError : public std::runtime_error {
 public:
  TemplateError(std::string_view name, std::string_view source, std::size_t offset, std::string_view message);
  int line() const { return line_; }
  int column() const { return column_; }

 private:
  struct Place {
    int line, column;
    std::string text;  // of the source line
  };
  TemplateError(std::string_view name, const Place& place, std::string_view message);
  static Place find_place(std::string_view source, std::size_t offset);
  int line_, column_;
};

}  // namespace jinja

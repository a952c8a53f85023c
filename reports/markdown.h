// Tables in GitHub's Markdown, padded so that they read well as plain text too.
#pragma once

#include <string>

#include "reports/table.h"

namespace reports {

/// A cell that shows `text` as it is: what Markdown would read as markup is escaped, line breaks become blanks.
std::string escape_markdown(const std::string& text);

/// Title as a heading of the second level (none where it is empty), table, notes. The first column is left-aligned, the
/// others right-aligned. Ends with a newline.
std::string to_markdown(const Table& table);

}  // namespace reports

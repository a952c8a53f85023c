// Python's pprint.pformat: values in at most 80 columns where that is possible, keys of dicts sorted.
#pragma once

#include <string>

#include "tasks/jinja/value.h"

namespace jinja {

std::string pretty_print(const Value& value);

}  // namespace jinja

// For tests/golden/rank_correlation.py: a JSON list [x, y] a line in, Kendall's tau-b (null: none) a line out.
#include <iostream>
#include <string>

#include "harness/core/json.h"
#include "harness/metrics/rank_correlation.h"

int main() {
  const auto values = [](const core::Json& list) {
    std::vector<double> out;
    for (const core::Json& value : list.as_array()) out.push_back(value.as_double());
    return out;
  };
  for (std::string line; std::getline(std::cin, line);) {
    const core::Json lists = core::parse_json(line);
    const auto tau = metrics::kendall_tau_b(values(lists.as_array().at(0)), values(lists.as_array().at(1)));
    std::cout << (tau ? core::write_json(*tau) : "null") << '\n';
  }
}

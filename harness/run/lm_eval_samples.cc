#include "harness/run/lm_eval_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace run {
namespace {

using core::Json;
using core::JsonRecord;

struct Request {
  std::string context;
  Json second;  // settings of a generation, or a continuation
};

Request read_request(const Json& arguments) {
  if (arguments.is_array()) {
    const Json::Array& list = arguments.as_array();
    if (list.empty()) throw std::runtime_error("a request without arguments");
    return {list[0].as_string(), list.size() > 1 ? list[1] : Json()};
  }
  const Json* second = arguments.find("arg_1");
  return {arguments.at("arg_0").as_string(), second == nullptr ? Json() : *second};
}

std::vector<Request> read_requests(const JsonRecord& record) {
  const Json arguments = record.json("arguments");
  std::vector<Request> requests;
  try {
    if (arguments.is_array()) {
      for (const Json& item : arguments.as_array()) requests.push_back(read_request(item));
    } else {
      for (const auto& [name, item] : arguments.as_object()) requests.push_back(read_request(item));
    }
    if (requests.empty()) throw std::runtime_error("no request");
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("field 'arguments': {}", error.what()));
  }
  return requests;
}

/// A number, or the text of one.
double read_number(const Json& value) {
  if (!value.is_string()) return value.as_double();
  const std::string& text = value.as_string();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error(fmt::format("expected a number, found '{}'", text));
  return number;
}

std::string without_blank(const std::string& continuation) {
  return continuation.starts_with(' ') ? continuation.substr(1) : continuation;
}

void read_answers(const Request& request, const Json& repeats, RecordedAnswers& answers) {
  if (request.second.is_string()) {
    const Json& first = repeats.as_array().at(0);
    const double value = read_number(first.is_array() ? first.as_array().at(0) : first);
    answers.likelihoods.push_back({without_blank(request.second.as_string()), value, core::kUnknownCount});
    return;
  }
  for (const Json& repeat : repeats.as_array()) {
    core::Candidate candidate;
    candidate.response = repeat.as_string();
    candidate.draw = static_cast<std::int64_t>(answers.candidates.size());
    candidate.log_likelihood = std::nan("");
    candidate.tokens = core::kUnknownCount;
    candidate.end = core::End::kUnknown;
    answers.candidates.push_back(std::move(candidate));
  }
}

}  // namespace

std::vector<std::string> lm_eval_instructions(const JsonRecord& record) {
  std::vector<std::string> contexts;
  for (Request& request : read_requests(record)) {
    if (std::ranges::find(contexts, request.context) == contexts.end()) contexts.push_back(std::move(request.context));
  }
  return contexts;
}

RecordedAnswers lm_eval_answers(const JsonRecord& record, const std::string& instruction) {
  const std::vector<Request> requests = read_requests(record);
  const Json resps = record.json("resps");
  RecordedAnswers answers;
  try {
    if (resps.as_array().size() != requests.size())
      throw std::runtime_error(fmt::format("{} entries for {} requests", resps.as_array().size(), requests.size()));
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].context == instruction) read_answers(requests[i], resps.as_array()[i], answers);
    }
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("field 'resps': {}", error.what()));
  }
  return answers;
}

}  // namespace run

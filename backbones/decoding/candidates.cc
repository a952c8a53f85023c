#include "backbones/decoding/candidates.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "backbones/decoding/beam_search.h"
#include "backbones/decoding/single_search.h"
#include "harness/core/hash.h"

namespace decoding {
namespace {

/// A search and the place of its rows in the batch. Flights stand in the order of source, decoding, draw.
struct Flight {
  std::unique_ptr<Search> search;
  std::size_t source;
  std::size_t decoding;
  std::int64_t draw;
  std::int64_t rows;
  std::vector<Continuation> next;
};

void check(const backbones::GenerationOptions& options) {
  if (options.decodings.empty()) throw std::invalid_argument("decode: no decoding was asked for");
  if (options.max_length < 2) {
    throw std::invalid_argument(fmt::format(
        "decode: max_length {} leaves no room: it counts the decoder start token, so at least 2", options.max_length));
  }
  for (const backbones::Decoding& decoding : options.decodings) {
    if (decoding.do_sample && decoding.num_beams != 1) {
      throw std::invalid_argument("decode: sampling with several beams is not supported");
    }
  }
}

/// The flights of one decoding over one source: a beam search, a greedy search, or one search a draw.
void add_flights(std::vector<Flight>& flights, const Source& source, const Flight& place,
                 const backbones::GenerationOptions& options, const LengthRule& rule) {
  const backbones::Decoding& decoding = options.decodings[place.decoding];
  const auto add = [&](std::unique_ptr<Search> search, std::int64_t draw, std::int64_t rows) {
    flights.push_back({std::move(search), place.source, place.decoding, draw, rows, {}});
  };
  if (!decoding.do_sample) {
    if (decoding.num_beams > 1) return add(std::make_unique<BeamSearch>(decoding, rule), 0, decoding.num_beams);
    return add(std::make_unique<SingleSearch>(rule, std::nullopt), 0, 1);
  }
  const auto sampler = std::make_shared<const Sampler>(decoding, options.protocol);
  core::DrawKey key{options.seed, source.instruction, core::hash64(backbones::parameters_json(decoding)), 0};
  for (std::int64_t draw = 0; draw < decoding.num_return_sequences; ++draw) {
    key.draw = static_cast<std::uint32_t>(draw);
    add(std::make_unique<SingleSearch>(rule, Draw{sampler, key}), draw, 1);
  }
}

std::vector<Flight> take_off(std::span<const Source> sources, const backbones::GenerationOptions& options,
                             const LengthRule& rule) {
  std::vector<Flight> flights;
  for (std::size_t source = 0; source < sources.size(); ++source) {
    for (std::size_t decoding = 0; decoding < options.decodings.size(); ++decoding) {
      add_flights(flights, sources[source], {nullptr, source, decoding, 0, 0, {}}, options, rule);
    }
  }
  return flights;
}

/// Lets every search read its rows of the logits [R, V].
void advance(std::vector<Flight>& flights, const at::Tensor& logits) {
  std::vector<std::int64_t> first_row(flights.size());
  std::transform_exclusive_scan(flights.begin(), flights.end(), first_row.begin(), std::int64_t{0}, std::plus<>(),
                                [](const Flight& flight) { return flight.rows; });
  float* const values = logits.data_ptr<float>();
  const std::int64_t vocabulary = logits.size(1);
  at::parallel_for(0, static_cast<std::int64_t>(flights.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      Flight& flight = flights[i];
      flight.next = flight.search->advance({values + first_row[i] * vocabulary, flight.rows, vocabulary});
    }
  });
}

/// The rows of the next step, as the session selects them, and their tokens.
struct NextRows {
  std::vector<std::int64_t> rows;
  std::vector<std::int32_t> tokens;
};

NextRows gather(std::vector<Flight>& flights) {
  NextRows next;
  std::int64_t first_row = 0;
  for (Flight& flight : flights) {
    for (const auto& [row, token] : flight.next) {
      next.rows.push_back(first_row + row);
      next.tokens.push_back(token);
    }
    first_row += std::exchange(flight.rows, static_cast<std::int64_t>(flight.next.size()));
  }
  return next;
}

bool is_identity(const std::vector<std::int64_t>& rows, std::int64_t count) {
  if (static_cast<std::int64_t>(rows.size()) != count) return false;
  for (std::int64_t i = 0; i < count; ++i) {
    if (rows[static_cast<std::size_t>(i)] != i) return false;
  }
  return true;
}

/// Moves the sequences of finished flights to their sources.
void land(std::vector<Flight>& flights, std::vector<std::vector<Sequence>>& results) {
  for (const Flight& flight : flights) {
    if (flight.rows > 0) continue;
    std::int64_t draw = flight.draw;
    for (Sequence& sequence : flight.search->sequences()) {
      sequence.decoding = flight.decoding;
      sequence.draw = draw++;
      results[flight.source].push_back(std::move(sequence));
    }
  }
  std::erase_if(flights, [](const Flight& flight) { return flight.rows == 0; });
}

/// [R, V] float32 on the CPU; throws where the network returned another shape.
at::Tensor checked(const at::Tensor& logits, std::size_t rows, std::int64_t vocabulary) {
  if (logits.dim() != 2 || logits.size(0) != static_cast<std::int64_t>(rows) || logits.size(1) != vocabulary ||
      logits.scalar_type() != at::kFloat) {
    throw std::runtime_error(fmt::format("decode: expected logits of shape [{}, {}]", rows, vocabulary));
  }
  return logits.to(at::kCPU).contiguous();
}

}  // namespace

std::int64_t rows_per_source(const backbones::GenerationOptions& options) {
  std::int64_t rows = 0;
  for (const backbones::Decoding& decoding : options.decodings) {
    rows += decoding.do_sample ? decoding.num_return_sequences : decoding.num_beams;
  }
  return rows;
}

std::vector<std::vector<Sequence>> decode(const Seq2SeqNetwork& network, std::span<const Source> sources,
                                          const backbones::GenerationOptions& options) {
  check(options);
  std::vector<std::vector<Sequence>> results(sources.size());
  if (sources.empty()) return results;
  const LengthRule rule{network.end_token(), options.max_length, options.min_length, options.protocol};
  std::vector<Flight> flights = take_off(sources, options, rule);
  std::vector<std::vector<std::int32_t>> ids;
  for (const Source& source : sources) ids.push_back(source.ids);
  const std::unique_ptr<DecoderSession> session = network.encode(ids);
  session->start(std::vector<std::int64_t>(sources.size(), rows_per_source(options)));
  std::vector<std::int32_t> tokens(sources.size() * static_cast<std::size_t>(rows_per_source(options)),
                                   network.start_token());
  while (!flights.empty()) {
    advance(flights, checked(session->step(tokens), tokens.size(), network.vocabulary_size()));
    const NextRows next = gather(flights);
    land(flights, results);
    if (!flights.empty() && !is_identity(next.rows, static_cast<std::int64_t>(tokens.size()))) {
      session->select(next.rows);
    }
    tokens = next.tokens;
  }
  for (std::vector<Sequence>& sequences : results) {
    std::sort(sequences.begin(), sequences.end(), [](const Sequence& a, const Sequence& b) {
      return std::pair(a.decoding, a.draw) < std::pair(b.decoding, b.draw);
    });
  }
  return results;
}

}  // namespace decoding

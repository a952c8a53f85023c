// Damage to the files of weights: safetensors, both forms of torch.save, Flax's msgpack, and indexes of shards.
//   fuzz_checkpoints HOME SECONDS SEED
// Seeds are in tests/fuzz/corpus of HOME (make_corpus.py writes them).
#include <filesystem>
#include <string>
#include <vector>

#include "backbones/checkpoint/checkpoint.h"
#include "backbones/checkpoint/flax_file.h"
#include "backbones/checkpoint/torch_file.h"
#include "harness/core/files.h"
#include "tests/fuzz/fuzz.h"

namespace {

/// Opens a file and reads all of its tensors.
template <class File>
void read_all(const std::string& name, const std::string& bytes) {
  const File file(fuzz::put(name, bytes));
  for (const auto& [tensor, entry] : file.entries()) file.read(tensor);
}

std::vector<fuzz::Reader> readers(const std::filesystem::path& home) {
  const auto at = [&](const char* name) { return core::read_file(home / "tests/fuzz/corpus" / name); };
  fuzz::put("s.safetensors", at("safetensors/one.safetensors"));
  const auto open_index = [](const std::string& text) {
    checkpoint::Checkpoint(fuzz::put("model.safetensors.index.json", text).parent_path(), {});
  };
  return {
      {"safetensors",
       {at("safetensors/one.safetensors"), at("safetensors/mixed.safetensors")},
       [](const auto& bytes) { read_all<checkpoint::SafetensorsFile>("f.safetensors", bytes); }},
      {"torch zip",
       {at("torch/zip.bin"), at("torch/module.bin")},
       [](const auto& bytes) { read_all<checkpoint::TorchFile>("f.bin", bytes); }},
      {"torch legacy",
       {at("torch/legacy.bin")},
       [](const auto& bytes) { read_all<checkpoint::TorchFile>("f.bin", bytes); }},
      {"msgpack",
       {at("msgpack/mixed.msgpack"), at("msgpack/chunks.msgpack")},
       [](const auto& bytes) { read_all<checkpoint::FlaxFile>("f.msgpack", bytes); }},
      {"index", {R"({"metadata":{"total_size":24},"weight_map":{"a":"s.safetensors"}})"}, open_index},
  };
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  return fuzz::run(readers(words[1]), std::stoi(words[2]), std::stoull(words[3]));
}

#include "backbones/checkpoint/flax_file.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/scalar_tensor.h>
#include <gtest/gtest.h>

#include "tests/unit/backbones/temporary_folder.h"
#include "tests/unit/checkpoint/corpus.h"

namespace {

using checkpoint::FlaxFile;
using checkpoint::name_from_flax;
using namespace std::string_literals;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string error(const std::string& bytes) {
  const TemporaryFolder folder;
  return error_of([&] { FlaxFile file(folder.write("f.msgpack", bytes)); });
}

/// {"a": extension 1 of what is inside}
std::string with_array(const std::string& inside) {
  return "\x81\xa1"
         "a\xc7"s +
         static_cast<char>(inside.size()) + "\x01" + inside;
}

TEST(FlaxFile, NamesAreTransformersRule) {
  EXPECT_EQ(name_from_flax("shared/embedding"), "shared.weight");
  EXPECT_EQ(name_from_flax("encoder/block/0/layer/0/SelfAttention/q/kernel"),
            "encoder.block.0.layer.0.SelfAttention.q.weight");
  EXPECT_EQ(name_from_flax("encoder/final_layer_norm/weight"), "encoder.final_layer_norm.weight");
  EXPECT_EQ(name_from_flax("roberta/embeddings/LayerNorm/scale"), "roberta.embeddings.LayerNorm.weight");
  EXPECT_EQ(name_from_flax("roberta/embeddings/LayerNorm/bias"), "roberta.embeddings.LayerNorm.bias");
  EXPECT_EQ(name_from_flax("model/decoder/project_in/kernel"), "model.decoder.project_in.weight");
  EXPECT_EQ(name_from_flax("kernel"), "kernel");
}

TEST(FlaxFile, ReadsArraysTransposingKernels) {
  const TemporaryFolder folder;
  const FlaxFile file(folder.write("f.msgpack", corpus("msgpack/mixed.msgpack")));
  const at::Tensor a = at::arange(6).to(at::kFloat).reshape({2, 3});
  const std::vector<std::pair<const char*, at::Tensor>> expected = {
      {"block.0.q.weight", a.t()},           {"norm.weight", a[0]},          {"norm.bias", a[1]},
      {"embedding.weight", a.to(at::kHalf)}, {"brain", a.to(at::kBFloat16)}, {"positions", at::arange(4)},
      {"scalar", at::scalar_tensor(2.5F)},   {"empty", at::empty({0, 3})}};
  EXPECT_EQ(file.entries().size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    EXPECT_EQ(file.read(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(file.read(name), tensor)) << name;
    EXPECT_TRUE(file.read(name).is_contiguous());
  }
}

TEST(FlaxFile, JoinsChunks) {
  const TemporaryFolder folder;
  const FlaxFile file(folder.write("f.msgpack", corpus("msgpack/chunks.msgpack")));
  EXPECT_TRUE(at::equal(file.read("large.weight"), at::arange(6).to(at::kFloat).reshape({2, 3}).t()));
  EXPECT_EQ(file.entries().size(), 2u);
}

TEST(FlaxFile, RefusesWhatIsBroken) {
  const std::string floats =
                        "\xa7"
                        "float32"s,
                    four = "\xc4\x04\0\0\0\0"s;
  EXPECT_EQ(error(with_array("\x93\x91\x01"s + floats + four)), "");
  EXPECT_EQ(error(with_array("\x93\x90"s + floats + four)), "");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "\x81\xa1k";
  std::string long_path;
  for (int i = 0; i < 60; ++i) {
    long_path += "\x81\xd9\x64";
    long_path.append(100, 'k');
  }
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "cut off"},
      {"\xc0", "expected a map, found nil"},
      {"\x01", "found a number"},
      {"\x91\x80", "found a list"},
      {"\xc1", "does not use"},
      {"\x80x"s, "1 bytes after"},
      {"\xdf\xff\xff\xff\xff"s, "cut off"},
      {"\x81\x01\x80"s, "a name: expected a text"},
      {"\x81\xa0\x80"s, "is no name"},
      {"\x81\xa3"
       "a/b\x80"s,
       "is no name"},
      {"\x81\xa1"
       "a\xc0"s,
       "'a': expected an array, found nil"},
      {"\x81\xa1"
       "a\x01"s,
       "expected an array, found a number"},
      {"\x81\xa1"
       "a\xcb\0\0\0\0\0\0\0\0"s,
       "expected an array, found a number"},
      {"\x81\xa1"
       "a\xd4\x02\0"s,
       "a complex number"},
      {"\x81\xa1"
       "a\xd4\x09\0"s,
       "extension 9"},
      {"\x81\xa1"
       "a\xd4\x01\xc0"s,
       "an array's parts: expected a list"},
      {"\x81\xa1"
       "a\xc9\xff\xff\xff\xff\x01"s,
       "cut off"},
      {with_array("\x92\x90"s + floats), "a shape, a type and bytes"},
      {with_array("\x93\xc0"s + floats + four), "an array's shape: expected a list"},
      {with_array("\x93\x91\xff"s + floats + four), "negative size -1"},
      {with_array("\x93\x91\xcf\xff\xff\xff\xff\xff\xff\xff\xff"s + floats + four), "too large"},
      {with_array("\x93\x92\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\x02"s + floats + four), "overflows"},
      {with_array("\x93\x91\x02"s + floats + four), "needs 8 bytes, found 4"},
      {with_array("\x93\x91\x01\xa6object"s + four), "type 'object' is not one of"},
      {with_array("\x93\x91\x01\xa9"
                  "complex64"s +
                  four),
       "type 'complex64'"},
      {with_array("\x93\x91\x01"s + floats + four + "x"), "bytes after the array"},
      {with_array("\x93\xdc\x00\x41"s + std::string(65, 1) + floats + four), "65 dimensions"},
      {deep, "maps within each other"},
      {long_path, "a path of"},
      {"\x82" + with_array("\x93\x91\x01"s + floats + four).substr(1) +
           with_array("\x93\x91\x01"s + floats + four).substr(1),
       "a second tensor 'a'"},
  };
  for (const auto& [bytes, message] : cases) {
    EXPECT_TRUE(has(error(bytes), message)) << message << ": " << error(bytes);
    EXPECT_TRUE(has(error(bytes), "f.msgpack: byte")) << error(bytes);
  }
}

TEST(FlaxFile, EveryCutIsRefusedAndEveryByteHandled) {
  for (const char* name : {"msgpack/mixed.msgpack", "msgpack/chunks.msgpack"}) {
    const std::string bytes = corpus(name);
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_NE(error(bytes.substr(0, size)), "") << size;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 0x55);
      error(changed);
    }
  }
}

}  // namespace

#include "backbones/checkpoint/safetensors.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "harness/core/files.h"
#include "tests/unit/backbones/temporary_folder.h"

namespace {

using checkpoint::SafetensorsFile;

/// A file with that header; its length as given, or the true one.
std::string file_with(const std::string& header, const std::string& data, std::int64_t length = -1) {
  const std::uint64_t said = length < 0 ? header.size() : static_cast<std::uint64_t>(length);
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(said >> (8 * i)));
  return bytes + header + data;
}

std::string tensor(const std::string& rest) { return R"({"a":{"dtype":"F32",)" + rest + "}}"; }

struct Broken {
  std::string bytes;
  std::string message;  // a part of the error
};

TEST(Safetensors, RefusesEveryHeaderThatLies) {
  const std::string four(4, '\0'), eight(8, '\0'), sixteen(16, '\0');
  const std::string good = tensor(R"("shape":[2],"data_offsets":[0,8])");
  const std::vector<Broken> cases = {
      {"", "ends within the 8 bytes"},
      {"abc", "byte 3"},
      {file_with(good, eight, 10'000'001), "above the limit"},
      {file_with(good, eight, 5'000), "does not fit a file of"},
      {file_with(good, eight, 20), "not JSON"},
      {file_with("[]", ""), "does not begin with '{'"},
      {file_with("", ""), "does not begin with '{'"},
      {file_with(" " + good, eight), "does not begin with '{'"},
      {file_with(R"({"a":1})", ""), "expected an object"},
      {file_with(
           R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
           eight),
       "not JSON"},
      {file_with(R"({"__metadata__":{"format":1}})", ""), "__metadata__: 'format' is not a string"},
      {file_with(R"({"__metadata__":3})", ""), "__metadata__ is not an object"},
      {file_with(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", four), "dtype"},
      {file_with(R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", four), "dtype 'F31'"},
      {file_with(R"({"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}})", four), "expected a string"},
      {file_with(tensor(R"("data_offsets":[0,4])"), four), "shape"},
      {file_with(tensor(R"("shape":[1])"), four), "data_offsets"},
      {file_with(tensor(R"("shape":[1],"data_offsets":[0,4],"x":1)"), four), "unknown key 'x'"},
      {file_with(tensor(R"("shape":[-1],"data_offsets":[0,4])"), four), "negative number -1"},
      {file_with(tensor(R"("shape":[1.5],"data_offsets":[0,4])"), four), "'a'"},
      {file_with(tensor(R"("shape":[1],"data_offsets":[0])"), four), "not [begin, end]"},
      {file_with(tensor(R"("shape":[1],"data_offsets":[4,0])"), four), "not [begin, end]"},
      {file_with(tensor(R"("shape":[3],"data_offsets":[0,8])"), eight), "needs 12 bytes, data_offsets hold 8"},
      {file_with(tensor(R"("shape":[4294967296,4294967296],"data_offsets":[0,0])"), ""), "overflows"},
      {file_with(tensor(R"("shape":[9223372036854775807,2],"data_offsets":[0,8])"), eight), "overflows"},
      {file_with(tensor(R"("shape":[18446744073709551616],"data_offsets":[0,8])"), eight), "'a'"},
      {file_with(good, four), "cut off"},
      {file_with(good, sixteen), "8 bytes after the last tensor"},
      {file_with(tensor(R"("shape":[1],"data_offsets":[4,8])"), eight), "a hole between tensors"},
      {file_with(
           R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
           std::string(12, '\0')),
       "tensors overlap"},
      {file_with("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\xff}}", four), "not JSON"},
  };
  const TemporaryFolder folder;
  for (const Broken& broken : cases) {
    const auto path = folder.write("model.safetensors", broken.bytes);
    const std::string error = error_of([&] { SafetensorsFile file(path); });
    EXPECT_NE(error.find(broken.message), std::string::npos) << "expected: " << broken.message << "\ngot: " << error;
    EXPECT_NE(error.find(path.string()), std::string::npos) << error;
    EXPECT_NE(error.find("byte"), std::string::npos) << error;
  }
}

TEST(Safetensors, EveryCutOfAGoodFileIsRefused) {
  const TemporaryFolder folder;
  const std::string good = file_with(tensor(R"("shape":[2],"data_offsets":[0,8])"), std::string(8, '\1'));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(error_of([&] { SafetensorsFile file(folder.write("m", good.substr(0, size))); }), "") << size;
  EXPECT_EQ(error_of([&] { SafetensorsFile file(folder.write("m", good)); }), "");
}

TEST(Safetensors, MissingFileAndFolderAreNamed) {
  const TemporaryFolder folder;
  EXPECT_NE(error_of([&] { SafetensorsFile file(folder.path() / "none"); }).find("No such file"), std::string::npos);
  EXPECT_NE(error_of([&] { SafetensorsFile file(folder.path()); }).find("not a regular file"), std::string::npos);
}

TEST(Safetensors, ReadsUnalignedOffsetsScalarsAndEmptyTensors) {
  const TemporaryFolder folder;
  const float value = 1.25F;
  std::string data(1, '\7');
  data.append(reinterpret_cast<const char*>(&value), sizeof value);
  const auto path = folder.write(
      "m",
      file_with(
          R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[],"data_offsets":[1,5]},)"
          R"("c":{"dtype":"F32","shape":[3,0],"data_offsets":[5,5]}}   )",
          data));
  const SafetensorsFile file(path);
  EXPECT_EQ(file.read("a").item<int>(), 7);
  EXPECT_EQ(file.read("b").item<float>(), value);
  EXPECT_EQ(file.read("c").sizes(), at::IntArrayRef({3, 0}));
}

TEST(Safetensors, WritesWhatItReads) {
  const TemporaryFolder folder;
  std::map<std::string, at::Tensor> tensors{{"z", at::randn({3, 4})},     {"a", at::randn({5}).to(at::kHalf)},
                                            {"m", at::arange(7)},         {"b", at::randn({2, 2}).to(at::kBFloat16)},
                                            {"t", at::randn({4, 3}).t()}, {"flag", at::ones({3}, at::kBool)}};
  const auto path = folder.path() / "m";
  checkpoint::write_safetensors(path, tensors);
  const SafetensorsFile file(path);
  ASSERT_EQ(file.entries().size(), tensors.size());
  for (const auto& [name, value] : tensors) {
    EXPECT_EQ(file.read(name).scalar_type(), value.scalar_type());
    EXPECT_TRUE(at::equal(file.read(name), value)) << name;
  }
  EXPECT_LT(file.entries().at("m").begin, file.entries().at("t").begin);  // I64 before F32 before BF16 before F16
  EXPECT_LT(file.entries().at("t").begin, file.entries().at("z").begin);
  EXPECT_LT(file.entries().at("z").begin, file.entries().at("b").begin);
  EXPECT_LT(file.entries().at("b").begin, file.entries().at("a").begin);
  EXPECT_EQ(file.entries().at("m").begin % 8, 0u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);  // no temporary file
}

}  // namespace

#include "backbones/checkpoint/torch_file.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/scalar_tensor.h>
#include <gtest/gtest.h>

#include "tests/unit/backbones/temporary_folder.h"
#include "tests/unit/checkpoint/corpus.h"

namespace {

using checkpoint::TorchFile;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string error(const std::string& bytes) {
  const TemporaryFolder folder;
  return error_of([&] { TorchFile file(folder.write("f.bin", bytes)); });
}

class BothForms : public testing::TestWithParam<const char*> {
 protected:
  std::string bytes_ = corpus(std::string("torch/") + GetParam());
  TemporaryFolder folder_;
};

TEST_P(BothForms, ReadsViewsTiesParametersAndEveryType) {
  const TorchFile file(folder_.write("f.bin", bytes_));
  const at::Tensor a = at::arange(6).to(at::kFloat).reshape({2, 3});
  EXPECT_EQ(file.entries().size(), 10u);
  const std::vector<std::pair<const char*, at::Tensor>> expected = {
      {"a", a},
      {"turned", a.t()},
      {"row", a[1]},
      {"tied", a},
      {"parameter", a.narrow(1, 1, 2)},
      {"half", a.to(at::kHalf)},
      {"brain", a.to(at::kBFloat16)},
      {"positions", at::arange(4).reshape({1, 4})},
      {"scalar", at::scalar_tensor(2.5F)},
      {"empty", at::empty({0, 3})},
  };
  for (const auto& [name, tensor] : expected) {
    const at::Tensor read = file.read(name);
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(read, tensor)) << name << read;
    EXPECT_TRUE(read.is_contiguous()) << name;
    EXPECT_EQ(at::IntArrayRef(file.entries().at(name).shape), tensor.sizes()) << name;
  }
  EXPECT_EQ(file.entries().at("a").begin, file.entries().at("tied").begin);
  EXPECT_TRUE(has(error_of([&] { file.read("none"); }), "no tensor 'none'"));
}

TEST_P(BothForms, EveryCutIsRefusedAndEveryByteHandled) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) EXPECT_NE(error(bytes_.substr(0, size)), "") << size;
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    std::string changed = bytes_;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    error(changed);
  }
}

TEST_P(BothForms, RefusesNamesAndTypesThatDoNotBelong) {
  EXPECT_TRUE(has(error(replaced(bytes_, "collections\nOrderedDict", "collectionx\nOrderedDict")), "nothing was run"));
  EXPECT_TRUE(has(error(replaced(bytes_, "FloatStorage", "FloatStoragf")), "'torch.FloatStoragf'"));
  EXPECT_NE(error(replaced(bytes_, "FloatStorage", "Float8Storag")), "");
  EXPECT_NE(error(replaced(bytes_, "HalfStorage", "ByteStorage")), "");  // half the bytes
}

INSTANTIATE_TEST_SUITE_P(Forms, BothForms, testing::Values("zip.bin", "legacy.bin"),
                         [](const auto& form) { return std::string(form.param).substr(0, 3); });

TEST(TorchFile, ReadsTheStateDictOfAModule) {
  const TemporaryFolder folder;
  const TorchFile file(folder.write("f.bin", corpus("torch/module.bin")));
  EXPECT_TRUE(at::equal(file.read("0.weight"), at::full({1, 2}, 0.5)));
  EXPECT_TRUE(at::equal(file.read("0.bias"), at::full({1}, 0.25)));
}

TEST(TorchFile, SaysWhatAFileIs) {
  EXPECT_TRUE(has(error(""), "no PyTorch file"));
  EXPECT_TRUE(has(error("<!DOCTYPE html>"), "byte 0"));
  EXPECT_TRUE(has(error(std::string(257, 'x') + "ustar" + std::string(300, 'x')), "tar form"));
  const std::string zip = corpus("torch/zip.bin");
  EXPECT_TRUE(has(error(replaced(zip, "archive/data.pkl", "archive/data.pkx")), "does not agree"));
  EXPECT_TRUE(has(error(replaced(zip, "little", "bigbig")), "another byte order"));
  const std::string legacy = corpus("torch/legacy.bin");
  EXPECT_TRUE(has(error(replaced(legacy, "M\xe9\x03.", "M\xe8\x03.")), "not 1001"));
  EXPECT_TRUE(has(error(legacy + "x"), "1 bytes after the last storage"));
}

}  // namespace

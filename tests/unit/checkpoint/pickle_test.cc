#include "backbones/checkpoint/pickle.h"

#include <gtest/gtest.h>

#include "tests/unit/backbones/temporary_folder.h"

namespace {

using checkpoint::PickleHeap;
using checkpoint::PickleReader;
using checkpoint::PickleValue;
using namespace std::string_literals;

PickleValue read(const std::string& bytes, PickleHeap& heap) { return PickleReader("file", bytes, 0).read(heap); }

std::string error(const std::string& bytes) {
  return error_of([&] {
    PickleHeap heap;
    read(bytes, heap);
  });
}

/// BINUNICODE of a short text.
std::string text(const std::string& content) {
  return "X" + std::string(1, static_cast<char>(content.size())) + "\0\0\0"s + content;
}

/// The persistent id of a storage of `count` floats.
std::string storage(int count) {
  return "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K" +
         std::string(1, static_cast<char>(count)) + "tQ";
}

/// A tensor over six floats; `view` pushes offset, shape and strides.
std::string tensor(const std::string& view) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage(6) + view + "\x89" + "ccollections\nOrderedDict\n)RtR.";
}

TEST(Pickle, ReadsNumbersAndTexts) {
  PickleHeap heap;
  EXPECT_EQ(std::get<std::int64_t>(read("\x80\x02K\xff."s, heap)), 255);
  EXPECT_EQ(std::get<std::int64_t>(read("M\x01\x02."s, heap)), 513);
  EXPECT_EQ(std::get<std::int64_t>(read("J\xfe\xff\xff\xff."s, heap)), -2);
  EXPECT_EQ(std::get<std::int64_t>(read("\x8a\x05\x00\x00\x00\x00\x80."s, heap)), -(std::int64_t{1} << 39));
  EXPECT_EQ(std::get<std::int64_t>(read("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f."s, heap)), INT64_MAX);
  EXPECT_EQ(std::get<std::int64_t>(read("\x8a\x00."s, heap)), 0);
  EXPECT_EQ(std::get<double>(read("G\xbf\xf8\x00\x00\x00\x00\x00\x00."s, heap)), -1.5);
  EXPECT_EQ(std::get<std::string_view>(read("U\x02hi."s, heap)), "hi");
  EXPECT_EQ(std::get<std::string_view>(read(text("name") + ".", heap)), "name");
  EXPECT_TRUE(std::get<bool>(read("\x88."s, heap)));
  EXPECT_EQ(read("N.", heap).index(), 0u);
}

TEST(Pickle, SharesWhatIsRemembered) {
  PickleHeap heap;
  // t = (t0, t0) of ((…)) 200 times: 2^200 leaves for whoever walks it, 201 tuples here.
  std::string bomb = ")";
  for (int i = 0; i < 200; ++i) bomb += "q\x01h\x01\x86"s;
  EXPECT_EQ(checkpoint::kind_of(read(bomb + ".", heap)), "a tuple");
  // A list within itself.
  EXPECT_EQ(checkpoint::kind_of(read("]q\x01h\x01"
                                     "a."s,
                                     heap)),
            "a list");
  const std::string filled = "}(" + text("k") + "K\x07" + text("l") + "Nu.";  // values refer to it
  const auto dict = std::get<checkpoint::DictRef>(read(filled, heap));
  ASSERT_EQ(heap.dict(dict).size(), 2u);
  EXPECT_EQ(std::get<std::string_view>(heap.dict(dict)[0].first), "k");
}

TEST(Pickle, ViewsStayWithinTheirStorage) {
  PickleHeap heap;
  const auto view = heap.view(std::get<checkpoint::ViewRef>(read(tensor("K\x01K\x02K\x02\x86K\x02K\x01\x86"), heap)));
  EXPECT_EQ(view.offset, 1);
  EXPECT_EQ(view.shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(view.strides, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(view.extent, 4);
  const std::string most = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"s;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"K\x01K\x02K\x03\x86K\x03K\x01\x86"s, "lies outside of"},
      {"K\x07K\x01\x85K\x01\x85"s, "lies outside of"},
      {"K\x07K\x00\x85K\x01\x85"s, "lies outside of"},
      {"J\xff\xff\xff\xffK\x01\x85K\x01\x85"s, "negative offset"},
      {"K\x00J\xff\xff\xff\xff\x85K\x01\x85"s, "negative number"},
      {"K\x05K\x02\x85J\xff\xff\xff\xff\x85"s, "negative number"},
      {"K\x00K\x02\x85K\x02K\x01\x86"s, "has other strides than dimensions"},
      {"K\x00K\x07\x85K\x00\x85"s, "repeats the elements"},
      {"K\x00"s + most + "\x85K\x00\x85"s, "repeats the elements"},
      {"K\x00"s + most + most + "\x86K\x00K\x00\x86"s, "lies outside of"},
      {"K\x00K\x02\x85"s + most + "\x85", "lies outside of"},
      {most + "K\x02\x85K\x01\x85", "lies outside of"},
      {"N))"s, "expected the offset"},
      {"K\x00NK\x01\x85"s, "expected a tensor's shape"},
      {"K\x00N\x85K\x01\x85"s, "expected a tensor's shape"},
  };
  for (const auto& [bytes, message] : cases)
    EXPECT_NE(error(tensor(bytes)).find(message), std::string::npos) << message << ": " << error(tensor(bytes));
}

TEST(Pickle, NamesAreNotResolved) {
  for (const char* name : {"os\nsystem", "posix\nsystem", "builtins\neval", "__builtin__\nexec", "subprocess\nPopen",
                           "torch\nload", "torch._utils\n_rebuild_tensor_v3", "collections\nCounter", "\n"}) {
    const std::string message = error("\x80\x02"s + "c" + name + "\n" + text("touch marker") + "\x85R.");
    EXPECT_NE(message.find("nothing was run"), std::string::npos) << message;
    EXPECT_NE(message.find("byte 2"), std::string::npos) << message;
  }
}

TEST(Pickle, RefusesWhatTorchDoesNotWrite) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "cut off"},
      {"K", "cut off"},
      {"X\x05\0\0\0ab."s, "cut off"},
      {"X\xff\xff\xff\xff."s, "cut off"},
      {"G\0\0."s, "cut off"},
      {"\x8a\x09\1\2\3\4\5\6\7\x08\x09."s, "a number of 9 bytes"},
      {"\x80\x04N."s, "protocol 4"},
      {"\x95\0\0\0\0\0\0\0\0N."s, "instruction 0x95"},
      {"I01\n.", "instruction 0x49"},
      {"(S'x'\nio.", "instruction 0x53"},
      {"\x82\x01."s, "instruction 0x82"},
      {"0.", "instruction 0x30"},
      {".", "ends with 0 values"},
      {"NN.", "ends with 2 values"},
      {"N(.", "expected one"},
      {"t.", "no mark"},
      {"R.", "nothing left"},
      {"N(R.", "nothing left"},
      {"\x87."s, "nothing left"},
      {"q\x01."s, "nothing left"},
      {"h\x01."s, "nothing was remembered as 1"},
      {"j\xff\xff\xff\xff."s, "nothing was remembered"},
      {"NNa.", "expected a list"},
      {"]NNs.", "expected a dict"},
      {"}(Nu.", "without a value"},
      {"N)R.", "expected a function"},
      {"ccollections\nOrderedDict\nNR.", "expected a tuple"},
      {"ccollections\nOrderedDict\n(NtR.", "with 1 arguments"},
      {"ctorch\nFloatStorage\n)R.", "expected a function"},
      {"ctorch._utils\n_rebuild_tensor_v2\n)R.", "with 0 arguments"},
      {"ctorch._utils\n_rebuild_parameter\n(NNNtR.", "expected the tensor"},
      {"]}b.", "expected a dict to build"},
      {"}Nb.", "expected the state"},
      {"NQ.", "expected a tuple"},
      {"(NNNNNtQ.", "expected 'storage'"},
      {"(" + text("module") + "NNNNtQ.", "no storage"},
      {"(" + text("storage") + "NNNNtQ.", "class of a storage"},
      {"c" + std::string(300, 'a') + "\nb\n.", "no name within"},
      {std::string(1'100'000, 'N'), "at once"},
      {std::string(1'100'000, '('), "marks"},
      {"]" + std::string(2'200'000, '}'), "more than"},
  };
  for (const auto& [bytes, message] : cases) {
    EXPECT_NE(error(bytes).find(message), std::string::npos) << message << ": " << error(bytes);
    EXPECT_NE(error(bytes).find("file: byte"), std::string::npos) << error(bytes);
  }
}

TEST(Pickle, EveryCutIsRefused) {
  const std::string whole = tensor("K\x01K\x02K\x02\x86K\x02K\x01\x86");
  EXPECT_EQ(error(whole), "");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_NE(error(whole.substr(0, size)), "") << size;
}

}  // namespace

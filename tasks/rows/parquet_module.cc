// Parquet needs Arrow, 60 MB of libraries whose relocations alone cost every `cappy` that links them about 11 ms. So
// the reader lives in a module of its own beside the executable, loaded when the first Parquet file is opened.
#include <dlfcn.h>

#include "harness/core/errors.h"
#include "tasks/rows/file_rows.h"

namespace tasks {
namespace {

using OpenParquet = FileRows*(const char* path);

std::filesystem::path module_file() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "cappy_parquet.so";
}

/// RTLD_LOCAL: libparquet exports a whole OpenSSL, which must not stand in for the system's.
OpenParquet* load_module(const std::filesystem::path& file) {
  void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* function = module ? ::dlsym(module, "cappy_open_parquet") : nullptr;
  if (!function)
    throw core::FileError(
        file.string(),
        std::string("the reader of Parquet cannot be loaded; build all targets again (") + ::dlerror() + ")");
  return reinterpret_cast<OpenParquet*>(function);
}

}  // namespace

std::unique_ptr<FileRows> open_parquet(const std::filesystem::path& path) {
  static OpenParquet* const open = load_module(module_file());
  return std::unique_ptr<FileRows>(open(path.c_str()));
}

}  // namespace tasks

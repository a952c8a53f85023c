// How the process keeps memory that it frees. While a model loads, copies of its weights come and go once, in sizes
// that small blocks in between would pin: they go back to the system at once. When it computes, layers make and drop
// tensors of the same sizes all the time: they are kept, since new pages must be cleared.
#pragma once

namespace nn {

/// Stands for the loading of a model; of the whole process, not of a thread.
class LoadingMemory {
 public:
  LoadingMemory();
  ~LoadingMemory();
  LoadingMemory(const LoadingMemory&) = delete;
  LoadingMemory& operator=(const LoadingMemory&) = delete;
};

}  // namespace nn

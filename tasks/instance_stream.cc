#include "tasks/instance_stream.h"

#include "harness/core/errors.h"
#include "tasks/authors_files.h"
#include "tasks/bigbench.h"
#include "tasks/load_task.h"
#include "tasks/rows/text_stream.h"

namespace tasks {
namespace {

/// One task's rows are held: they are shuffled.
class BigbenchStream : public InstanceStream {
 public:
  BigbenchStream(const SplitFiles& files, const std::string& split)
      : InstanceStream(files.origin), rows_(bigbench_rows(files.files.at(0), split)) {}

  bool next(std::vector<core::Instance>* instances) override {
    const auto number = static_cast<std::size_t>(counts_.rows);
    if (number == rows_.size()) return false;
    if (instances != nullptr) {
      core::Instance instance;
      instance.id = std::to_string(number);
      instance.instruction = rows_[number].inputs;
      instance.references = rows_[number].targets;
      instances->assign(1, std::move(instance));
    }
    ++counts_.rows;
    return true;
  }

 private:
  std::vector<BigbenchRow> rows_;
};

/// A line group of an authors' file is one row and one instance.
class AuthorsStream : public InstanceStream {
 public:
  AuthorsStream(const TaskSpec& spec, const SplitFiles& files)
      : InstanceStream(files.origin), in_(open_text(files.files.at(0))) {
    instances_ = std::make_unique<AuthorsInstances>(*in_, files.files.at(0).string(), read_authors_form(spec.data.id),
                                                    spec.data.config);
  }

  bool next(std::vector<core::Instance>* instances) override {
    std::optional<core::Instance> instance = instances_->next();
    if (!instance) return false;
    ++counts_.rows;
    const bool labelled = instance->choices.empty() || instance->label;
    counts_.unlabelled += !labelled;
    if (instances == nullptr) return true;
    instances->clear();
    if (labelled) instances->push_back(std::move(*instance));
    return true;
  }

 private:
  std::unique_ptr<std::istream> in_;
  std::unique_ptr<AuthorsInstances> instances_;
};

}  // namespace

std::unique_ptr<InstanceStream> open_instances(const TaskSpec& spec, const std::string& split, const Places& places) {
  switch (spec.data.kind) {
    case DataKind::kBigbench:
      return std::make_unique<BigbenchStream>(find_split(spec, split, places), split);
    case DataKind::kAuthors:
      return std::make_unique<AuthorsStream>(spec, find_split(spec, split, places));
    case DataKind::kHub:
    case DataKind::kLocal: {
      std::vector<PromptTemplate> templates = templates_of(spec, places);
      return open_rendered(spec, find_split(spec, split, places), std::move(templates));
    }
  }
  throw std::invalid_argument("an unknown kind of data");
}

}  // namespace tasks

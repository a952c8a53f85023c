#include "harness/cli/dataset_hub.h"

#include <optional>

#include "harness/cli/hub_progress.h"
#include "harness/hub/hub.h"

namespace cli {
namespace {

hub::Repository dataset(const std::string& id, const std::string& revision) {
  return {.kind = hub::RepositoryKind::kDataset, .id = id, .revision = revision.empty() ? "main" : revision};
}

class HubDatasets : public tasks::DatasetHub {
 public:
  HubDatasets(const std::string& verb, core::ProgressMode mode, Network network)
      : progress_(verb, mode), network_(network) {}

  std::vector<std::string> list(const std::string& id, const std::string& revision) override {
    std::vector<std::string> paths;
    for (const hub::HubFile& file : hub().list(dataset(id, revision)).files) paths.push_back(file.path);
    return paths;
  }

  std::filesystem::path fetch(const std::string& id, const std::string& revision, const std::string& path) override {
    return hub().fetch(dataset(id, revision), path);
  }

  std::vector<std::string> cached(const std::string& id, const std::string& revision) override {
    return hub().cached_files(dataset(id, revision));
  }

 private:
  hub::Hub& hub() {
    if (hub_) return *hub_;
    hub::Settings settings = hub::Settings::from_environment();
    settings.offline = settings.offline || network_ == Network::kOff;
    return hub_.emplace(std::move(settings), progress_.as_say(), progress_.as_watch());
  }

  HubProgress progress_;
  Network network_;
  std::optional<hub::Hub> hub_;
};

}  // namespace

std::shared_ptr<tasks::DatasetHub> make_dataset_hub(const std::string& verb, core::ProgressMode mode, Network network) {
  return std::make_shared<HubDatasets>(verb, mode, network);
}

}  // namespace cli

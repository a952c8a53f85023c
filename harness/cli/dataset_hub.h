// The Hub as `tasks` sees it: data set repositories only. harness/hub stands behind it; tasks must not include that.
#pragma once

#include <memory>

#include "harness/core/progress.h"
#include "tasks/places.h"

namespace cli {

/// Whether a verb may ask the network; kOff is for those that only look at what is here.
enum class Network { kAllowed, kOff };

/// Settings from the environment (HF_HUB_OFFLINE and the others); the client is made at the first question, so that a
/// verb whose data are all local never looks at them. `verb` begins the lines on standard error.
std::shared_ptr<tasks::DatasetHub> make_dataset_hub(const std::string& verb, core::ProgressMode mode,
                                                    Network network = Network::kAllowed);

}  // namespace cli

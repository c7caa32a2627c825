// admin/call_page.cpp — fold, then look.
#include "admin/call_page.hpp"

#include "store/reports.hpp"

namespace purser {

Result<std::optional<std::string>> call_page(Store& store, const std::filesystem::path& data,
                                             CallId id, std::string_view key) {
  if (auto folded = store.fold(); !folded) {
    return std::unexpected(folded.error());
  }
  return find_call(data, id, key);
}

}  // namespace purser

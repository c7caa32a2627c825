// bills/bill_fuzz.cpp — any bytes are a bill or an error; what is read has a place and bounds.
#include "base/invariant.hpp"
#include "bills/bill.hpp"
#include "bills/reconcile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace purser;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto bill = read_bill(text);
  if (!bill) {
    INVARIANT(bill.error().fault == Fault::client, "a bill that cannot be read is whoever gave it");
    return 0;
  }
  for (const BillRow& row : bill->rows) {
    INVARIANT(!row.provider.empty(), "somebody sent the bill");
    INVARIANT(row.usage.tokens_in() >= Tokens(0), "nobody uses less than nothing");
  }
  const Reconciliation done = reconcile(*bill, {}, Costs::billed);
  INVARIANT(done.corrections.empty(), "without calls there is nothing to correct");
  return 0;
}

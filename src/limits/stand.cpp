// limits/stand.cpp — accounts and buckets side by side.
#include "limits/stand.hpp"

#include <array>

namespace purser {

std::vector<Stand> stands(Touches& touches, const Treasury& treasury) {
  static_cast<void>(touches.reckon(treasury));
  std::array<Standing, kNeedsMax> standings;
  treasury.standings(touches.needs(), standings);
  std::vector<Stand> found;
  for (std::size_t i = 0; i < touches.size(); ++i) {
    const Touched& touched = touches.list()[i];
    found.push_back({.limit = touched.limit,
                     .measure = touched.measure,
                     .subject = touched.subject,
                     .standing = seen(touched, standings[i]),
                     .resets_at = touches.needs()[i].ends,
                     .observed = touched.observed});
  }
  for (std::size_t i = 0; i < touches.draws().size(); ++i) {
    const Paced& paced = touches.paced()[i];
    found.push_back({.limit = paced.limit,
                     .measure = paced.measure,
                     .subject = paced.subject,
                     .standing = {.posted = {}, .held = {}, .max = touches.draws()[i].rate},
                     .observed = paced.observed});
  }
  return found;
}

std::string window_text(const Limit& limit) {
  std::string text(to_string(limit.window));
  if (limit.window == Window::rolling || limit.window == Window::pace) {
    text += ' ' + span_text(limit.span);
  }
  return text;
}

std::string exact_text(Measure measure, Units units) {
  return measure == Measure::usd ? to_exact_dollars(Amount::from_nanos(units.count()))
                                 : std::to_string(units.count());
}

}  // namespace purser

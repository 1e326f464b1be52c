// Pieces of the first view of a page: figures with what they are worth.
#pragma once

#include <string>
#include <vector>

#include "runtime/html/page.hpp"
#include "runtime/pages/subject.hpp"
#include "runtime/quality/tell.hpp"

namespace rw::pages {

struct Figure {
  std::string name, value, tells;
  std::string exact = {};  // as the report has it as data, where the value is a number
  std::string kind = {};   // of the value: "good", "bad"
};
html::Markup figures(const std::vector<Figure>& list);

// What was scored: signal to noise, best classes.
std::vector<Figure> figures_of(const quality::ScoreTold& told);
html::Markup outputs_table(const quality::ScoreTold& told);
Figure figure_of(const quality::ComparisonTold& told);
html::Markup outputs_table(const quality::ComparisonTold& told);
html::Markup notes(const quality::Told& data);

html::Markup rule_table(const Subject& subject);
html::Markup left_alone(const Subject& subject);  // by reason, with what would help
Figure certificate_of(const Subject& subject);
Figure network_of(const Subject& subject);

}  // namespace rw::pages

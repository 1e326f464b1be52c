// What the views of a page about regions share: the report, the figures of its layers and regions, and which regions
// have a section of their own that others may lead to.
#pragma once

#include <string>
#include <vector>

#include "runtime/html/markup.hpp"
#include "runtime/report/channels.hpp"
#include "runtime/report/layers.hpp"
#include "runtime/report/reasons.hpp"
#include "runtime/report/report.hpp"

namespace rw::pages {

struct Subject {
  explicit Subject(const runtime::ReportInput& input);

  const runtime::ReportInput& input;
  const graph::Network& network;
  const runtime::Outcome& outcome;
  runtime::Told told;
  std::vector<runtime::RegionDecibels> decibels;  // by region that was visited
  std::vector<bool> has_section;                  // the same; set by whoever writes the sections

  std::string link(std::uint32_t visited) const;                    // "#r3"; empty: it has none
  std::string rule_of(const runtime::RegionOutcome& region) const;  // empty: none took it
  // "Conv 'a' and 2 more -> Conv 'b'", with names of so many characters at most; "a +2 -> b".
  std::string headline(const runtime::RegionOutcome& region, std::size_t most_name) const;
  std::string short_headline(const runtime::RegionOutcome& region, std::size_t most_name) const;
};

}  // namespace rw::pages
